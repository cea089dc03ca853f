"""Perceptual hashes in Postgres: which jobs of a tenant showed a picture that is near another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from shared.domain.fingerprint import NEAR, Fingerprint
from shared.storage.db import Connection
from shared.storage.queries import QUERIES

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sighting:
    """A job with a result, and what its image looks like."""

    tenant_id: UUID
    sha256: bytes
    job_id: UUID
    fingerprint: Fingerprint


def keep(connection: Connection, sightings: Sequence[Sighting]) -> None:
    """Remember what was seen. An image that nobody refers to any more is passed over: its job was erased meanwhile."""
    if not sightings:
        return
    parameters = {
        "tenants": [seen.tenant_id for seen in sightings],
        "hashes": [seen.sha256 for seen in sightings],
        "jobs": [seen.job_id for seen in sightings],
        "pdqs": [seen.fingerprint.pdq for seen in sightings],
        "qualities": [seen.fingerprint.quality for seen in sightings],
    }
    connection.execute(QUERIES["insert_perceptual_hashes"], parameters)
    connection.execute(QUERIES["insert_sightings"], parameters)


def get(connection: Connection, tenant_id: UUID, sha256: bytes) -> Fingerprint | None:
    """None: the tenant has no such image, or it was scored before hashes were kept."""
    row = connection.execute(QUERIES["get_perceptual_hash"], {"tenant_id": tenant_id, "sha256": sha256}).fetchone()
    return Fingerprint(pdq=row["pdq"], quality=row["quality"]) if row else None


def twins(
    connection: Connection, tenant_id: UUID, job_id: UUID, sha256: bytes, fingerprint: Fingerprint, *, limit: int
) -> list[Row]:
    """Other jobs of the tenant that have a result and show the picture, in this or another form.

    Those first of which a person said something, then the nearest, then the newest. Where the hash is not sure, only
    those that show the very same file.
    """
    parameters = {
        "tenant_id": tenant_id,
        "job_id": job_id,
        "sha256": sha256,
        "pdq": fingerprint.pdq,
        "sure": fingerprint.is_sure,
        "near": NEAR,
        "limit": limit,
    }
    return list(connection.execute(QUERIES["find_twins"], parameters))
