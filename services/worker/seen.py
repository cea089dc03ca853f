"""What the pictures of finished jobs are known by from now on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.worker.scored import Decoded
from shared.domain.embedding import EmbeddingCode
from shared.domain.fingerprint import Fingerprint
from shared.domain.job import Claim, Job, Outcome, State
from shared.storage import embeddings, fingerprints, jobs, references
from shared.storage.db import Connection
from shared.storage.embeddings import Embedded
from shared.storage.fingerprints import Sighting
from shared.storage.references import Reference


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """What was made of a claim's picture."""

    claim: Claim
    fingerprint: Fingerprint
    embeddings: Sequence[EmbeddingCode]


def looks(decoded: Iterable[Decoded], judged: Iterable[object]) -> list[Look]:
    """Of the claims whose image could be decoded; `judged` are outcomes, and what is none."""
    codes = {one.job_id: one.embeddings for one in judged if isinstance(one, Outcome)}
    return [
        Look(
            claim=item.claim,
            fingerprint=item.prepared.fingerprint,
            embeddings=codes.get(item.claim.id, ()),
        )
        for item in decoded
    ]


def split(finished: Iterable[Job], claims: Iterable[Claim]) -> tuple[list[Job], list[Job]]:
    """The jobs that stay, and those whose picture has a result and goes into an index of references."""
    into_index = {claim.id for claim in claims if claim.reference_index is not None}
    stay, go = [], []
    for job in finished:
        (go if job.id in into_index and job.state is State.DONE else stay).append(job)
    return stay, go


def remember(connection: Connection, shown: Sequence[Job], seen: Sequence[Look]) -> None:
    """Keep the hashes of what the jobs that have a result showed, and what their embeddings come to."""
    done = {job.id for job in shown if job.state is State.DONE}
    sightings, embedded = [], []
    for look in seen:
        tenant_id, sha256 = look.claim.tenant_id, look.claim.sha256
        if look.claim.id in done and sha256 is not None:
            sightings.append(
                Sighting(tenant_id=tenant_id, sha256=sha256, job_id=look.claim.id, fingerprint=look.fingerprint)
            )
            embedded += [Embedded(tenant_id=tenant_id, sha256=sha256, code=code) for code in look.embeddings]
    fingerprints.keep(connection, sightings)
    embeddings.keep(connection, embedded)


def take_in(connection: Connection, given: Sequence[Job], seen: Sequence[Look]) -> None:
    """Keep the hashes and embeddings of references, and erase their jobs: the pictures are not kept."""
    names = {job.id: job.external_id for job in given}
    held = [
        Reference(
            tenant_id=look.claim.tenant_id,
            index=look.claim.reference_index,
            sha256=look.claim.sha256,
            name=names[look.claim.id] or look.claim.sha256.hex(),
            fingerprint=look.fingerprint,
            embeddings=look.embeddings,
        )
        for look in seen
        if look.claim.id in names and look.claim.reference_index is not None and look.claim.sha256 is not None
    ]
    references.keep(connection, held)
    for job in given:
        jobs.erase(connection, job.tenant_id, job.id)
