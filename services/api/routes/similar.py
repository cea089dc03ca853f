"""Similar jobs: where a picture was seen before, in this or another form."""

from uuid import UUID

from fastapi import APIRouter

from services.api.deps import PartsOf, Reader
from services.api.errors import Problem
from services.api.schemas.problems import problems
from services.api.schemas.similar import ReferenceDocument, SimilarDocument, TwinDocument, TwinReviewDocument
from shared.domain import embedding
from shared.domain.embedding import EmbeddingCode
from shared.domain.fingerprint import NEAR
from shared.domain.job import FINAL, Job
from shared.storage import embeddings, fingerprints, jobs, references
from shared.storage.db import Connection

MOST = 20
"""Similar jobs in one answer."""

MOST_REFERENCES = 5
"""Near by hash, and as many near by embedding."""

NOTE = "Likeness of two pictures says that one was made from the other, or both from a third; not which came first."
WEAK = "There is too little in this image to tell it again in another form: only the very same file was looked for."

NO_PROOF = "That an image is near one of your pictures is no proof that a model was trained on that picture."
TRACES = (
    "An embedding sees texture and traces of processing, not what a picture shows: of 1,000 unrelated pictures one to "
    f"seven lie within {embedding.NEAR}, most of them plain graphics."
)
UNSEARCHED = (
    "{count} of {held} references were not compared by embedding: theirs or this image's was not kept, or comes from "
    "another network. Add the index again; if it is newer than this job, submit the image again."
)

router = APIRouter(prefix="/v1/jobs/{job_id}", tags=["jobs"])


@router.get("/similar", responses=problems("unauthorized", "forbidden", "not-found", "invalid-request", "unavailable"))
def read_similar(job_id: UUID, caller: Reader, parts: PartsOf) -> SimilarDocument:
    """Other jobs of the tenant whose image is the same picture, by perceptual hash. Needs the scope `read`.

    Read anew at each request: a job that is erased is in no answer from then on, a review in all of them.
    """
    with parts.database.transaction() as connection:
        job = jobs.get(connection, caller.tenant_id, job_id)
        if job is None:
            raise Problem("not-found", f"There is no job {job_id}.")
        found = None
        if job.result is not None and job.sha256 is not None:
            found = fingerprints.get(connection, caller.tenant_id, job.sha256)
        if found is None or job.sha256 is None:
            raise Problem("not-found", _why_none(job))
        rows = fingerprints.twins(connection, caller.tenant_id, job_id, job.sha256, found, limit=MOST)
        code = _code(connection, job)
        near = references.near(connection, caller.tenant_id, job.sha256, found, code, limit=MOST_REFERENCES)
    return SimilarDocument(
        pdq=found.pdq.hex(),
        quality=found.quality,
        sure=found.is_sure,
        within=NEAR,
        jobs=[_twin(row) for row in rows],
        note=NOTE if found.is_sure else WEAK,
        references=[_reference(row) for row in near.rows],
        references_searched=near.searched,
        references_unsearched=near.held - near.searched,
        references_note=_note(near),
    )


def _code(connection: Connection, job: Job) -> EmbeddingCode | None:
    version = ((job.result or {}).get("model") or {}).get("version")
    if version is None or job.sha256 is None:
        return None
    return embeddings.get(connection, job.tenant_id, job.sha256, version, job.lane)


def _reference(row: references.Row) -> ReferenceDocument:
    apart = row["embedding_distance"]
    rounded = None if apart is None else round(apart, 4)
    return ReferenceDocument(**{**row, "embedding_distance": rounded, "embedding_likeness": embedding.likeness(apart)})


def _note(near: references.Near) -> str:
    notes = [NO_PROOF]
    if near.searched:
        notes.append(TRACES)
    if near.searched < near.held:
        notes.append(UNSEARCHED.format(count=near.held - near.searched, held=near.held))
    return " ".join(notes)


def _twin(row: fingerprints.Row) -> TwinDocument:
    said = {name: row[name] for name in TwinDocument.model_fields if name != "review"}
    return TwinDocument(**said, review=_review(row))


def _review(row: fingerprints.Row) -> TwinReviewDocument | None:
    if row["label"] is None:
        return None
    return TwinReviewDocument(
        label=row["label"], reason=row["reason"], reviewer=row["reviewer"], created_at=row["reviewed_at"]
    )


def _why_none(job: Job) -> str:
    if job.state not in FINAL:
        return f"Job {job.id} is {job.state}: what is similar to it is known with its result."
    if job.result is None:
        return f"Job {job.id} is {job.state}, so that nothing is known of its picture."
    return f"Job {job.id} was scored before perceptual hashes were kept: submit its image again."
