"""What the pictures of finished jobs are known by from now on."""

from collections.abc import Iterable, Sequence

from shared.domain.fingerprint import Fingerprint
from shared.domain.job import Claim, Job, State
from shared.storage import fingerprints, jobs, references
from shared.storage.db import Connection
from shared.storage.fingerprints import Sighting
from shared.storage.references import Reference


def split(finished: Iterable[Job], claims: Iterable[Claim]) -> tuple[list[Job], list[Job]]:
    """The jobs that stay, and those whose picture has a result and goes into an index of references."""
    into_index = {claim.id for claim in claims if claim.reference_index is not None}
    stay, go = [], []
    for job in finished:
        (go if job.id in into_index and job.state is State.DONE else stay).append(job)
    return stay, go


def remember(connection: Connection, shown: Sequence[Job], seen: Sequence[tuple[Claim, Fingerprint]]) -> None:
    """Keep the hashes of what the jobs that have a result showed."""
    done = {job.id for job in shown if job.state is State.DONE}
    sightings = [
        Sighting(tenant_id=claim.tenant_id, sha256=claim.sha256, job_id=claim.id, fingerprint=fingerprint)
        for claim, fingerprint in seen
        if claim.id in done and claim.sha256 is not None
    ]
    fingerprints.keep(connection, sightings)


def take_in(connection: Connection, given: Sequence[Job], seen: Sequence[tuple[Claim, Fingerprint]]) -> None:
    """Keep the hashes of references, and erase their jobs: the pictures are not kept."""
    names = {job.id: job.external_id for job in given}
    held = [
        Reference(
            tenant_id=claim.tenant_id,
            index=claim.reference_index,
            sha256=claim.sha256,
            name=names[claim.id] or claim.sha256.hex(),
            fingerprint=fingerprint,
        )
        for claim, fingerprint in seen
        if claim.id in names and claim.reference_index is not None and claim.sha256 is not None
    ]
    references.keep(connection, held)
    for job in given:
        jobs.erase(connection, job.tenant_id, job.id)
