"""Reference pictures in Postgres: what a tenant holds the rights in, known by hash and by embedding alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from shared.domain import embedding
from shared.domain.embedding import EmbeddingCode
from shared.domain.fingerprint import NEAR, Fingerprint
from shared.storage.db import Connection
from shared.storage.queries import QUERIES

Row = Mapping[str, Any]

EXACTLY_AMONG = 10_000
"""Of a tenant with at most so many references in a space, each is compared: 10 ms of processor. Of one with more, those
to which pgvector's index leads, where the server has it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reference:
    """A picture of an index, by the name that its holder gave it."""

    tenant_id: UUID
    index: str
    sha256: bytes
    name: str
    fingerprint: Fingerprint
    embeddings: Sequence[EmbeddingCode] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Near:
    """Rows of references that are near an image, and among how many of how many its embedding was searched."""

    rows: Sequence[Row]
    searched: int
    held: int


def keep(connection: Connection, references: Sequence[Reference]) -> None:
    """Add pictures to their indexes; one that is there already gets the newer name, and its embeddings anew.

    In key order, as two may try.
    """
    if not references:
        return
    pictures, others, codes = [], [], []
    for reference in sorted(references, key=lambda one: (one.tenant_id, one.index, one.sha256)):
        key = {"tenant_id": reference.tenant_id, "index": reference.index, "sha256": reference.sha256}
        fingerprint = {"pdq": reference.fingerprint.pdq, "quality": reference.fingerprint.quality}
        pictures.append({**key, **fingerprint, "name": reference.name})
        others.append({**key, "spaces": [one.space for one in reference.embeddings]})
        codes += [{**key, "space": one.space, "code": one.code} for one in reference.embeddings]
    with connection.cursor() as cursor:
        cursor.executemany(QUERIES["insert_reference_picture"], pictures)
        cursor.executemany(QUERIES["delete_other_reference_embeddings"], others)
        if codes:
            cursor.executemany(QUERIES["insert_reference_embedding"], codes)


def near(
    connection: Connection,
    tenant_id: UUID,
    sha256: bytes,
    fingerprint: Fingerprint,
    code: EmbeddingCode | None = None,
    *,
    limit: int,
    exactly_among: int = EXACTLY_AMONG,
) -> Near:
    """The nearest pictures of the tenant's indexes: at most `limit` by hash, and as many by embedding.

    Where the hash is not sure, by it only the very same file; without a code, by embedding none.
    """
    parameters = {
        "tenant_id": tenant_id,
        "sha256": sha256,
        "pdq": fingerprint.pdq,
        "sure": fingerprint.is_sure,
        "near": NEAR,
        "space": code and code.space,
        "code": code and code.code,
        "embedding_near": embedding.NEAR,
        "exactly_among": exactly_among,
        "limit": limit,
    }
    counted = connection.execute(QUERIES["count_references"], parameters).fetchone()
    assert counted is not None
    rows = list(connection.execute(QUERIES["find_references"], parameters)) if counted["held"] else []
    return Near(rows=rows, searched=counted["searched"], held=counted["held"])


def indexes(connection: Connection, tenant_id: UUID) -> list[Row]:
    """Each index with how many pictures it has, by name."""
    return list(connection.execute(QUERIES["list_reference_indexes"], {"tenant_id": tenant_id}))


def pictures(
    connection: Connection, tenant_id: UUID, index: str, *, version: str | None, after: bytes, limit: int
) -> list[Row]:
    """Hash and name of an index's pictures, by hash, those behind `after`, and whether each is `current`: sending it
    again would make nothing known that is not. For a tenant that is scored by `version`, or by the champion.
    """
    parameters = {"tenant_id": tenant_id, "index": index, "version": version, "after": after, "limit": limit}
    return list(connection.execute(QUERIES["list_reference_pictures"], parameters))


def remove(connection: Connection, tenant_id: UUID, index: str) -> int:
    """Forget an index and all its pictures; how many there were."""
    return connection.execute(QUERIES["delete_reference_index"], {"tenant_id": tenant_id, "index": index}).rowcount
