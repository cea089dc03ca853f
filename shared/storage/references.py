"""Reference pictures in Postgres: what a tenant holds the rights in, known by hash alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from shared.domain.fingerprint import NEAR, Fingerprint
from shared.storage.db import Connection
from shared.storage.queries import QUERIES

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Reference:
    """A picture of an index, by the name that its holder gave it."""

    tenant_id: UUID
    index: str
    sha256: bytes
    name: str
    fingerprint: Fingerprint


def keep(connection: Connection, references: Sequence[Reference]) -> None:
    """Add pictures to their indexes; one that is there already gets the newer name. In key order, as two may try."""
    rows = [
        {
            "tenant_id": reference.tenant_id,
            "index": reference.index,
            "sha256": reference.sha256,
            "name": reference.name,
            "pdq": reference.fingerprint.pdq,
            "quality": reference.fingerprint.quality,
        }
        for reference in sorted(references, key=lambda one: (one.tenant_id, one.index, one.sha256))
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(QUERIES["insert_reference_picture"], rows)


def near(connection: Connection, tenant_id: UUID, sha256: bytes, fingerprint: Fingerprint, *, limit: int) -> list[Row]:
    """The nearest pictures of the tenant's indexes; where the hash is not sure, only the very same file."""
    parameters = {
        "tenant_id": tenant_id,
        "sha256": sha256,
        "pdq": fingerprint.pdq,
        "sure": fingerprint.is_sure,
        "near": NEAR,
        "limit": limit,
    }
    return list(connection.execute(QUERIES["find_references"], parameters))


def indexes(connection: Connection, tenant_id: UUID) -> list[Row]:
    """Each index with how many pictures it has, by name."""
    return list(connection.execute(QUERIES["list_reference_indexes"], {"tenant_id": tenant_id}))


def remove(connection: Connection, tenant_id: UUID, index: str) -> int:
    """Forget an index and all its pictures; how many there were."""
    return connection.execute(QUERIES["delete_reference_index"], {"tenant_id": tenant_id, "index": index}).rowcount
