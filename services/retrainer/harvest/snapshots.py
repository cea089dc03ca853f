"""The snapshot of a run: an immutable list of what it trains on, from which erased and recalled samples still fall out.

It lists what judges the candidate too: the samples were kept apart from that, and from nothing that was added since. Of
what is lent it names ledger rows and no picture. Each line carries a commitment, SHA-256 over a random seal, the
picture's hash, its label and its weight: whoever has the ledger can prove that nothing was exchanged, and once erasure
took the seal, the line says nothing of the picture any more.
"""

import hashlib
import json
import struct
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.retrainer.harvest import nearness
from services.retrainer.harvest.run import prevalence_now, rules_of
from shared.config import Settings
from shared.domain.retraining import Refusal
from shared.errors import JinwiError
from shared.storage import snapshots, spot_checks
from shared.storage.db import Connection

Row = Mapping[str, Any]


class SnapshotBroken(JinwiError):
    """A sample is not what the snapshot was taken of."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reference:
    """A sample of a snapshot that may still be used: the picture lies in the object store as TENANT/SHA256.

    `label` is the probability of AI; `source` is `gold` where an operator's reviewer gave it, else `harvest`.
    """

    ledger_id: UUID
    job_id: UUID
    tenant_id: UUID
    sha256: bytes
    label: float
    weight: float
    source: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """`taken` samples were in it, `new` of them in no earlier one; `references` are those that may still be used.

    `near_guard` more were admitted once, and are near to a picture that judges now.

    `gold` are the SHA-256, in hex, of the gold that teaches; `guard`, by such a SHA-256, and `cases`, by their ids, the
    labels of what judges, None in a snapshot from before that was listed.
    """

    id: UUID
    run_id: UUID
    sha256: bytes
    taken: int
    new: int
    near_guard: int
    references: Sequence[Reference]
    gold: Collection[str]
    guard: Mapping[str, str] | None
    cases: Mapping[str, str] | None

    @property
    def withdrawn(self) -> int:
        """How many were erased, or are lent no more, since it was taken."""
        return self.taken - len(self.references)


def take(
    connection: Connection,
    run_id: UUID,
    settings: Settings,
    *,
    gold: Sequence[bytes] = (),
    guard: Mapping[bytes, str] | None = None,
    apart_from: Sequence[bytes] = (),
    files: Mapping[str, str] | None = None,
) -> Snapshot:
    """The run's snapshot, taken now unless it was taken before.

    `gold` are the SHA-256 of the gold pictures that are trained on beside it, `guard` the labels of those that judge by
    theirs, `files` the SHA-256 of the champion's `gold.npz` and the like, by name. `apart_from` are PDQ hashes, 32
    bytes each: nothing near to them is taken, nor to a regression case. Raises SnapshotBroken as `read` does.
    """
    if snapshots.of_run(connection, run_id) is None:
        admitted = snapshots.samples_now(connection)
        cases = _cases(connection)
        judging = [*apart_from, *(case["pdq"] for case in cases)]
        rows = _apart(admitted, judging, rules_of(settings).pdq_distance)
        prevalence = prevalence_now(connection, settings)
        manifest = {
            "run_id": str(run_id),
            "samples": [_line(row) for row in rows],
            "new": sum(row["is_new"] for row in rows),
            "withdrawn": {Refusal.NEAR_GUARD.value: len(admitted) - len(rows)},
            "gold": sorted(digest.hex() for digest in gold),
            "guard": {digest.hex(): label for digest, label in sorted((guard or {}).items())},
            "cases": {str(case["id"]): case["label"] for case in cases},
            "files": dict(sorted((files or {}).items())),
            "prevalence": prevalence.document(),
        }
        snapshots.add(
            connection,
            run_id,
            manifest=manifest,
            sha256=_digest(manifest),
            prevalence=(prevalence.low, prevalence.high),
            ledger_ids=[row["id"] for row in rows],
        )
    taken = read(connection, run_id)
    assert taken is not None
    return taken


def read(connection: Connection, run_id: UUID) -> Snapshot | None:
    """A run's snapshot with what of it may still be used; None before it was taken.

    Raises SnapshotBroken where the manifest, or a sample, is not what it was.
    """
    row = snapshots.of_run(connection, run_id)
    if row is None:
        return None
    manifest = row["manifest"]
    if _digest(manifest) != row["sha256"]:
        raise SnapshotBroken(f"the manifest of snapshot {row['id']} is not the one that was taken")
    lines = {line["ledger_id"]: line for line in manifest["samples"]}
    references = []
    for sample in snapshots.samples(connection, row["id"]):
        if _line(sample) != lines.get(str(sample["id"])):
            raise SnapshotBroken(f"the sample {sample['id']} is not what snapshot {row['id']} was taken of")
        names = ("job_id", "tenant_id", "sha256", "label", "weight", "source")
        references.append(Reference(ledger_id=sample["id"], **{name: sample[name] for name in names}))
    return Snapshot(
        id=row["id"],
        run_id=run_id,
        sha256=row["sha256"],
        taken=len(lines),
        new=manifest["new"],
        near_guard=manifest.get("withdrawn", {}).get(Refusal.NEAR_GUARD.value, 0),
        references=references,
        gold=frozenset(manifest["gold"]),
        guard=manifest.get("guard"),
        cases=manifest.get("cases"),
    )


def _apart(rows: Sequence[Row], judging: Sequence[bytes], least: int) -> list[Row]:
    """Those farther than `least` bits from all that judges: a picture may come to judge after it was admitted, or after
    another that shows the same was.
    """
    distances = nearness.nearest(nearness.packed(row["pdq"] for row in rows), nearness.packed(judging))
    return [row for row, distance in zip(rows, distances, strict=True) if distance > least]


def _cases(connection: Connection) -> list[Row]:
    """Those that a harvest could read: from one that came since, or cannot be read, nothing was kept apart."""
    return [case for case in spot_checks.regression_cases(connection) if case["pdq"] is not None]


def _line(row: Row) -> dict[str, str]:
    said = struct.pack(">dd", row["label"], row["weight"])
    commitment = hashlib.sha256(row["seal"] + row["sha256"] + said).hexdigest()
    return {"ledger_id": str(row["id"]), "commitment": commitment}


def _digest(manifest: Mapping[str, Any]) -> bytes:
    """Of its JSON, members in order and without spaces."""
    return hashlib.sha256(json.dumps(manifest, sort_keys=True, separators=(",", ":")).encode()).digest()
