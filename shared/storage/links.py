"""Permanent links to results. Of a token only the hash is here."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.domain.link_token import hash_token, new_token
from shared.storage.db import Connection
from shared.storage.queries import QUERIES

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """What a token leads to. A link that is `closed` was revoked, or its time is over."""

    link_id: UUID
    tenant_id: UUID
    job_id: UUID
    closed: bool


def clock(connection: Connection) -> datetime:
    """What time it is in the database, the only clock that counts."""
    row = connection.execute(QUERIES["read_clock"]).fetchone()
    assert row is not None
    return row["now"]  # type: ignore[no-any-return]


def create(
    connection: Connection, tenant_id: UUID, job_id: UUID, *, expires_at: datetime | None, at_most: int
) -> tuple[Row, str] | None:
    """A new link's row, and its token, which exists nowhere else; None: `at_most` of the job's links are open.

    The job's row is locked by the caller, so that it is the tenant's, is not erased, and nobody else counts with us.
    """
    parameters = {"tenant_id": tenant_id, "job_id": job_id}
    counted = connection.execute(QUERIES["count_open_links"], parameters).fetchone()
    assert counted is not None
    if counted["open"] >= at_most:
        return None
    token = new_token()
    row = connection.execute(
        QUERIES["insert_link"], {**parameters, "hash": hash_token(token), "expires_at": expires_at}
    ).fetchone()
    assert row is not None
    return row, token


def of_job(connection: Connection, tenant_id: UUID, job_id: UUID) -> list[Row]:
    """The open ones, then those that are revoked or over; the newest of each first, 1,000 together at most."""
    return list(connection.execute(QUERIES["list_links"], {"tenant_id": tenant_id, "job_id": job_id}))


def revoke(connection: Connection, tenant_id: UUID, job_id: UUID, link_id: UUID) -> Row | None:
    """Close the link from now on; None: the job has no such link."""
    parameters = {"tenant_id": tenant_id, "job_id": job_id, "id": link_id}
    return connection.execute(QUERIES["revoke_link"], parameters).fetchone()


def open_link(connection: Connection, token: str) -> Opened | None:
    """What a well-formed token leads to; None: nothing."""
    digest = hash_token(token)
    row = connection.execute(QUERIES["find_link"], {"hash": digest}).fetchone()
    # As with keys: the index compares digests, which whoever guesses cannot choose, and here they are compared again in
    # constant time.
    if row is None or not hmac.compare_digest(row["hash"], digest):
        return None
    return Opened(link_id=row["id"], tenant_id=row["tenant_id"], job_id=row["job_id"], closed=row["closed"])
