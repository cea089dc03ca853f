"""Tenants, their limits, their keys and their policies."""

import hmac
from collections.abc import Collection, Mapping
from dataclasses import asdict, fields
from datetime import timedelta
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from shared.domain.tenant import Caller, Limits, Policy, Scope, hash_key, new_key, new_webhook_secret
from shared.storage.db import Connection
from shared.storage.queries import QUERIES

Row = Mapping[str, Any]


def authenticate(connection: Connection, key: str) -> Caller | None:
    """Who this key speaks for; None when it is unknown or revoked."""
    digest = hash_key(key)
    row = connection.execute(QUERIES["authenticate"], {"hash": digest}).fetchone()
    # The index compares hashes, and how long that takes says nothing of use: whoever tries a key cannot choose its
    # SHA-256. Here the whole digest is compared in constant time, so that this holds however the row was found.
    if row is None or not hmac.compare_digest(row["hash"], digest):
        return None
    return Caller(
        key_id=row["key_id"],
        tenant_id=row["tenant_id"],
        scopes=frozenset(Scope(scope) for scope in row["scopes"]),
        limits=limits(row),
    )


def limits(row: Row) -> Limits:
    """Those that stand in a tenant's row."""
    return Limits(**{field.name: row[field.name] for field in fields(Limits)})


def create(connection: Connection, name: str) -> tuple[Row, str] | None:
    """A tenant with the default policy, and its webhook secret, shown this once; None: the name is taken."""
    secret = new_webhook_secret()
    row = connection.execute(QUERIES["insert_tenant"], {"name": name, "webhook_secret": secret}).fetchone()
    if row is None:
        return None
    _write_policy(connection, row["id"], 1, Policy())
    return row, secret


def rotate_webhook_secret(connection: Connection, tenant_id: UUID, *, overlap: timedelta) -> tuple[Row, str] | None:
    """Sign with a new secret, shown this once, and for `overlap` with the old one too; None: no such tenant."""
    secret = new_webhook_secret()
    parameters = {"id": tenant_id, "webhook_secret": secret, "overlap": overlap}
    row = connection.execute(QUERIES["set_webhook_secret"], parameters).fetchone()
    return (row, secret) if row else None


def set_limits(connection: Connection, tenant_id: UUID, wanted: Limits) -> Row | None:
    """Let these hold from the next request on; None: there is no such tenant."""
    return connection.execute(QUERIES["set_limits"], {"id": tenant_id, **asdict(wanted)}).fetchone()


def all_tenants(connection: Connection) -> list[Row]:
    return list(connection.execute(QUERIES["list_tenants"]))


def get(connection: Connection, tenant_id: UUID) -> Row | None:
    return connection.execute(QUERIES["get_tenant"], {"id": tenant_id}).fetchone()


def get_by_name(connection: Connection, name: str) -> Row | None:
    return connection.execute(QUERIES["get_tenant_by_name"], {"name": name}).fetchone()


def create_key(connection: Connection, tenant_id: UUID, name: str, scopes: Collection[Scope]) -> tuple[Row, str]:
    """A new key's row, and the key itself, which exists nowhere else."""
    key = new_key()
    parameters = {"tenant_id": tenant_id, "name": name, "hash": hash_key(key), "scopes": sorted(scopes)}
    row = connection.execute(QUERIES["insert_key"], parameters).fetchone()
    assert row is not None
    return row, key


def keys(connection: Connection, tenant_id: UUID) -> list[Row]:
    return list(connection.execute(QUERIES["list_keys"], {"tenant_id": tenant_id}))


def revoke_key(connection: Connection, key_id: UUID) -> Row | None:
    return connection.execute(QUERIES["revoke_key"], {"id": key_id}).fetchone()


def note_key_use(connection: Connection, ages: Mapping[UUID, float]) -> None:
    """Keep when keys were last used, `ages` seconds ago; an earlier time never replaces a later one."""
    parameters = {"ids": list(ages), "ages": list(ages.values())}
    connection.execute(QUERIES["note_key_use"], parameters)


def policy(connection: Connection, tenant_id: UUID) -> tuple[int, Policy]:
    row = connection.execute(QUERIES["get_policy"], {"tenant_id": tenant_id}).fetchone()
    assert row is not None
    return row["version"], Policy.from_document(row["document"])


def lock(connection: Connection, tenant_id: UUID) -> None:
    """Hold the tenant until the transaction ends, so that policy versions follow one another."""
    connection.execute(QUERIES["lock_tenant"], {"tenant_id": tenant_id})


def change_policy(connection: Connection, tenant_id: UUID, changed: Policy) -> int:
    """Write the next version of the policy (the tenant is locked); its number."""
    version, _ = policy(connection, tenant_id)
    _write_policy(connection, tenant_id, version + 1, changed)
    return version + 1


def _write_policy(connection: Connection, tenant_id: UUID, version: int, document: Policy) -> None:
    parameters = {"tenant_id": tenant_id, "version": version, "document": Jsonb(document.document())}
    connection.execute(QUERIES["insert_policy"], parameters)
