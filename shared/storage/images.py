"""An image is bytes in the object store and a row in Postgres; here the two are kept true to one another.

The row is the lock: whoever adds a reference holds it and then looks whether the bytes are there; the collector holds
it while it deletes them. So neither a job without bytes nor bytes without a row can come of a race.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import BinaryIO
from uuid import UUID

from shared.errors import JobError, ObjectDamaged
from shared.storage.db import Connection, Database
from shared.storage.objects import ObjectStore, StoredImage
from shared.storage.queries import QUERIES


@dataclass(frozen=True, kw_only=True, slots=True)
class Sides:
    """Width and height in px of an image as it is shown, its orientation applied."""

    tenant_id: UUID
    sha256: bytes
    width: int
    height: int


def lock_stored(
    connection: Connection,
    store: ObjectStore,
    file: BinaryIO,
    *,
    tenant_id: UUID,
    sha256: bytes,
    size: int,
    image_format: str,
    width: int | None,
    height: int | None,
) -> None:
    """Hold the image's row until the transaction ends, with its bytes certainly in the store."""
    connection.execute(
        QUERIES["lock_object"],
        {
            "tenant_id": tenant_id,
            "sha256": sha256,
            "bytes": size,
            "format": image_format,
            "width": width,
            "height": height,
        },
    )
    if not store.has_image(tenant_id, sha256, size):
        file.seek(0)
        store.put_image(tenant_id, sha256, file, size)


def lock_kept(
    connection: Connection, store: ObjectStore, file: BinaryIO, *, tenant_id: UUID, sha256: bytes, size: int
) -> None:
    """As `lock_stored`, for bytes of which nobody asks whether they are an image."""
    parameters = {"tenant_id": tenant_id, "sha256": sha256, "bytes": size}
    connection.execute(QUERIES["lock_kept_object"], parameters)
    if not store.has_image(tenant_id, sha256, size):
        file.seek(0)
        store.put_image(tenant_id, sha256, file, size)


def read_again(database: Database, store: ObjectStore, *, tenant_id: UUID, sha256: bytes) -> bytes:
    """The bytes of an image that was found damaged, if they are whole now; if not, they are deleted.

    So whoever sends the image again has it stored anew. Under the row's lock, as nobody is to count on bytes that are
    on their way out. Raises as `ObjectStore.get_image`.
    """
    with database.transaction() as connection:
        if connection.execute(QUERIES["hold_object"], {"tenant_id": tenant_id, "sha256": sha256}).fetchone() is None:
            raise JobError("object_missing", sha256.hex())
        try:
            return store.get_image(tenant_id, sha256)
        except ObjectDamaged:
            store.delete_image(tenant_id, sha256)
            raise


def describe(connection: Connection, sides: Sequence[Sides]) -> None:
    """Keep the sides that the decoder found. In key order, so that two workers never wait for one another."""
    rows = sorted((asdict(one) for one in sides), key=lambda row: (row["tenant_id"], row["sha256"]))
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(QUERIES["describe_object"], rows)


def collect(database: Database, store: ObjectStore, *, limit: int) -> int:
    """Delete up to `limit` images that no job refers to, one transaction each; how many went."""
    for gone in range(limit):
        with database.transaction() as connection:
            row = connection.execute(QUERIES["lock_unreferenced_objects"], {"limit": 1}).fetchone()
            if row is None:
                return gone
            store.delete_image(row["tenant_id"], row["sha256"])
            connection.execute(QUERIES["forget_object"], row)
    return limit


def adopt(connection: Connection, stored: Sequence[StoredImage], *, age: timedelta) -> int:
    """Give rows to bytes older than `age` that have none, so that the collector finds them; how many."""
    parameters = {
        "tenants": [image.tenant_id for image in stored],
        "hashes": [image.sha256 for image in stored],
        "sizes": [image.bytes for image in stored],
        "modified": [image.modified for image in stored],
        "age": age,
    }
    return connection.execute(QUERIES["adopt_orphans"], parameters).rowcount
