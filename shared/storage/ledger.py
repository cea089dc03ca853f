"""What retraining looked at, what it decided of each sample, and which runs used it. Nothing here commits."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from psycopg.types.json import Json

from shared.domain.retraining import Harvest, Refusal
from shared.storage.db import Connection
from shared.storage.queries import QUERIES

Row = Mapping[str, Any]

FIRST = UUID(int=0)
"""Before every job."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """What was seen of a job's picture: `pdq` of 32 bytes, the champion's `scores` of it as submitted and re-encoded,
    another model family's, and its embedding as float32 bytes, little-endian.
    """

    job_id: UUID
    pdq: bytes
    scores: list[float]
    second_score: float | None
    embedding: bytes | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A decision about a job, to be written. `source` is `gold` where an operator's reviewer gave the label."""

    job_id: UUID
    source: str
    refusal: Refusal | None
    sha256: bytes | None
    pdq: bytes | None
    model: str | None
    score: float | None
    label: float | None
    weight: float
    detail: Mapping[str, Any]


def due(
    connection: Connection, run_id: UUID, *, window: timedelta, share: float, after: UUID = FIRST, limit: int
) -> list[Row]:
    """Lent jobs of the last `window` that this run may decide about, by id and after `after`.

    Those are all that an operator's reviewer labelled, and a `share` of the confident ones.
    """
    parameters = {"run_id": run_id, "window": window, "share": share, "after": after, "limit": limit}
    return list(connection.execute(QUERIES["due_for_decision"], parameters))


def write(connection: Connection, run_id: UUID, entries: Sequence[Entry]) -> None:
    """In the order of the jobs' ids, so that two writers never wait for one another.

    What was erased meanwhile is left out, what is not lent any more becomes a refusal, and what this run has decided
    already stays as it was.
    """
    with connection.cursor() as cursor:
        cursor.executemany(
            QUERIES["insert_decision"],
            [
                {**asdict(entry), "run_id": run_id, "detail": Json(dict(entry.detail))}
                for entry in sorted(entries, key=lambda entry: entry.job_id)
            ],
        )


def counts(connection: Connection, run_id: UUID) -> Harvest:
    """What a run looked at, as its decisions say; erasure changes none of it."""
    found = {
        row["refusal"]: row["decisions"] for row in connection.execute(QUERIES["count_decisions"], {"run_id": run_id})
    }
    admitted = found.pop(None, 0)
    refused = Counter({Refusal(reason): count for reason, count in found.items()})
    return Harvest(considered=admitted + refused.total(), admitted=admitted, refused=refused)


def newest_counts(connection: Connection) -> Mapping[str, int]:
    """Decisions of the run that decided last, by refusal, and `admitted`."""
    rows = connection.execute(QUERIES["count_newest_decisions"])
    return {row["refusal"] or "admitted": row["decisions"] for row in rows}


def is_lent(connection: Connection, job_id: UUID) -> bool:
    """Whether the job is done, and both it and its tenant's policy allow training now."""
    row = connection.execute(QUERIES["is_lent"], {"job_id": job_id}).fetchone()
    assert row is not None
    return bool(row["lent"])


def used_by(connection: Connection, tenant_id: UUID, job_id: UUID) -> list[UUID]:
    """The runs whose snapshot held a decision about the tenant's job, the oldest first; erasure leaves them."""
    rows = connection.execute(QUERIES["runs_of_job"], {"tenant_id": tenant_id, "job_id": job_id})
    return [row["run_id"] for row in rows]


def harvested_hashes(connection: Connection, run_id: UUID, considered: Sequence[UUID]) -> list[bytes]:
    """PDQ hashes of what earlier runs admitted and is still lent, those of the jobs `considered` left out."""
    rows = connection.execute(QUERIES["harvested_hashes"], {"run_id": run_id, "considered": list(considered)})
    return [row["pdq"] for row in rows]


def keep_look(connection: Connection, run_id: UUID, look: Look) -> None:
    connection.execute(QUERIES["keep_look"], {**asdict(look), "run_id": run_id})


def looks(connection: Connection, run_id: UUID) -> dict[UUID, Look]:
    rows = connection.execute(QUERIES["looks_of_run"], {"run_id": run_id})
    return {row["job_id"]: Look(**row) for row in rows}


def forget_looks(connection: Connection) -> None:
    connection.execute(QUERIES["forget_looks"])
