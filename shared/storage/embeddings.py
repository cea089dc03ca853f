"""Codes of embeddings in Postgres, and the spaces in which they can be compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from shared.domain.embedding import EmbeddingCode, EmbeddingSpace
from shared.domain.job import Lane
from shared.storage.db import Connection
from shared.storage.queries import QUERIES


@dataclass(frozen=True, kw_only=True, slots=True)
class Embedded:
    """An image of a finished job, and what its embedding comes to."""

    tenant_id: UUID
    sha256: bytes
    code: EmbeddingCode


def adopt(connection: Connection, version: str, spaces: Mapping[Lane, EmbeddingSpace]) -> Mapping[Lane, EmbeddingSpace]:
    """Lay a version's spaces down, and give them with the levels that all measure by: those of who came first."""
    for space in sorted(spaces.values(), key=lambda one: one.id):
        kept = {"id": space.id, "levels": space.levels, "size": space.size}
        connection.execute(QUERIES["insert_embedding_space"], kept)
    for lane in sorted(spaces):
        connection.execute(
            QUERIES["insert_version_space"], {"version": version, "lane": lane, "space": spaces[lane].id}
        )
    rows = connection.execute(QUERIES["list_version_spaces"], {"version": version})
    return {Lane(row["lane"]): EmbeddingSpace(id=row["id"], levels=row["levels"], size=row["size"]) for row in rows}


def keep(connection: Connection, seen: Sequence[Embedded]) -> None:
    """Remember what images came to, of tenants that hold references; an image that nobody refers to is passed over."""
    if not seen:
        return
    parameters = {
        "tenants": [one.tenant_id for one in seen],
        "hashes": [one.sha256 for one in seen],
        "spaces": [one.code.space for one in seen],
        "codes": [one.code.code for one in seen],
    }
    connection.execute(QUERIES["insert_image_embeddings"], parameters)


def get(connection: Connection, tenant_id: UUID, sha256: bytes, version: str, lane: Lane) -> EmbeddingCode | None:
    """What the image came to under that version in that lane; None where it was not kept."""
    parameters = {"tenant_id": tenant_id, "sha256": sha256, "version": version, "lane": lane}
    row = connection.execute(QUERIES["get_image_embedding"], parameters).fetchone()
    return EmbeddingCode(space=row["space"], code=row["code"]) if row else None
