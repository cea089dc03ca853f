"""Pictures whose label is known: rows, and bytes under the installation's own prefix. Nothing here is a tenant's.

The row is the lock, as with submitted images: whoever adds holds it while the bytes go in, and whoever takes them away
while they go out.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO
from uuid import UUID

from psycopg import sql

from shared.domain.audit import Action
from shared.domain.labels import Label, Part
from shared.errors import OtherLabel
from shared.storage import audit
from shared.storage.db import Connection, Database
from shared.storage.objects import GOLD, ObjectStore
from shared.storage.queries import QUERIES

Row = Mapping[str, Any]

GUARD_SHARE = 0.3
"""Of the owners, where nobody says otherwise: that many judge, the others teach."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NewGold:
    """A picture whose header was accepted; `owner` is who made or collected it, `kind` is "" where nobody says."""

    sha256: bytes
    label: Label
    owner: str
    kind: str
    bytes: int
    format: str
    width: int | None
    height: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Gold:
    """What the trainer needs to know of a picture; its bytes: `store.get_image(GOLD, sha256)`."""

    sha256: bytes
    label: Label
    owner: str
    kind: str
    part: Part
    pdq: bytes | None


def part_of(owner: str, guard_share: float) -> Part:
    """Which part a new owner falls into: by its name alone, so that the order of adding changes nothing."""
    lot = int.from_bytes(hashlib.sha256(owner.encode()).digest()[:8]) / 2**64
    return Part.GUARD if lot < guard_share else Part.TRAIN


def add(
    connection: Connection, store: ObjectStore, new: NewGold, file: BinaryIO, *, guard_share: float, by: UUID
) -> tuple[Row, bool]:
    """The picture's row, and whether it was added now, with its bytes certainly in the store.

    A new owner's part is decided here, with `guard_share` in [0, 1], and holds for good. A picture that is there
    already stays as it is. Raises OtherLabel where it is there under the other label.
    """
    parameters = {
        "sha256": new.sha256,
        "label": new.label,
        "owner": new.owner,
        "kind": new.kind,
        "bytes": new.bytes,
        "format": new.format,
        "width": new.width,
        "height": new.height,
        "added_by": by,
        "part": part_of(new.owner, guard_share),
    }
    connection.execute(QUERIES["decide_gold_part"], parameters)
    made = connection.execute(QUERIES["add_gold"], parameters).fetchone() is not None
    row = connection.execute(QUERIES["lock_gold"], parameters).fetchone()
    assert row is not None
    if row["label"] != new.label:
        raise OtherLabel(new.sha256, row["label"])
    if not store.has_image(GOLD, new.sha256, new.bytes):
        file.seek(0)
        store.put_image(GOLD, new.sha256, file, new.bytes)
    if made:
        details = {"label": new.label, "owner": new.owner, "part": row["part"]}
        audit.record(connection, Action.GOLD_ADDED, new.sha256.hex(), by=by, **details)
    return row, made


def remove(connection: Connection, sha256: bytes, *, by: UUID) -> Row | None:
    """Take a picture out of all that is trained or judged from now on; its row, None where there never was one.

    The bytes go once this is committed: `erase_bytes`.
    """
    removed = connection.execute(QUERIES["remove_gold"], {"sha256": sha256, "by": by}).fetchone() is not None
    row = connection.execute(QUERIES["lock_gold"], {"sha256": sha256}).fetchone()
    if removed and row is not None:
        details = {"label": row["label"], "owner": row["owner"], "part": row["part"]}
        audit.record(connection, Action.GOLD_REMOVED, sha256.hex(), by=by, **details)
    return row


def erase_bytes(database: Database, store: ObjectStore, sha256: bytes) -> None:
    """Delete the bytes of a picture that was removed, unless it was added again meanwhile."""
    with database.transaction() as connection:
        if connection.execute(QUERIES["lock_removed_gold"], {"sha256": sha256}).fetchone():
            store.delete_image(GOLD, sha256)


def collect(database: Database, store: ObjectStore, *, age: timedelta) -> int:
    """Delete bytes older than `age` that no row holds: of an upload or a removal that was broken off; how many."""
    old = [sha256 for sha256, modified in store.gold() if modified < datetime.now(UTC) - age]
    gone = 0
    for start in range(0, len(old), 1000):
        some = old[start : start + 1000]
        with database.transaction() as connection:
            held = {row["sha256"] for row in connection.execute(QUERIES["gold_hashes"], {"hashes": some})}
        for sha256 in some:
            if sha256 not in held:
                gone += _collect_one(database, store, sha256)
    return gone


def _collect_one(database: Database, store: ObjectStore, sha256: bytes) -> int:
    with database.transaction() as connection:
        row = connection.execute(QUERIES["lock_gold"], {"sha256": sha256}).fetchone()
        if row is not None and row["removed_at"] is None:
            return 0
        store.delete_image(GOLD, sha256)
    return 1


def rows(connection: Connection, part: Part) -> list[Gold]:
    """All pictures of a part, in the order of their hashes."""
    found = connection.execute(QUERIES["gold_rows"], {"part": part})
    return [Gold(**{**row, "label": Label(row["label"]), "part": Part(row["part"])}) for row in found]


def keep_hash(connection: Connection, sha256: bytes, pdq: bytes) -> None:
    """The perceptual hash of a picture, 32 bytes."""
    connection.execute(QUERIES["keep_gold_hash"], {"sha256": sha256, "pdq": pdq})


def page(connection: Connection, *, limit: int, before_id: UUID | None = None, **filters: Any) -> list[Row]:
    """Newest first. `filters`: label, part, owner."""
    return _filtered(connection, "list_gold", {"before_id": before_id, **filters}, {"limit": limit})


def counts(connection: Connection, **filters: Any) -> Sequence[Row]:
    """Images and owners by part and label. `filters`: label, part, owner."""
    return _filtered(connection, "count_gold", filters, {})


def _filtered(connection: Connection, query: str, filters: Mapping[str, Any], further: Mapping[str, Any]) -> list[Row]:
    given = {name: value for name, value in filters.items() if value is not None}
    conditions = [sql.SQL(QUERIES[f"list_gold_{name}"].decode()) for name in given]
    statement = sql.SQL(QUERIES[query].decode()).format(
        conditions=sql.SQL(" AND ").join([*conditions, sql.SQL("true")])
    )
    return list(connection.execute(statement, {**further, **given}))
