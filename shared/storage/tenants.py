"""Tenants, their keys and their policies."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from shared.domain.tenant import Caller, Policy, Scope, hash_key, new_key, new_webhook_secret
from shared.storage.db import Connection
from shared.storage.queries import QUERIES

Row = Mapping[str, Any]


def authenticate(connection: Connection, key: str) -> Caller | None:
    """Who this key speaks for; None when it is unknown or revoked."""
    row = connection.execute(QUERIES["authenticate"], {"hash": hash_key(key)}).fetchone()
    if row is None:
        return None
    return Caller(
        key_id=row["key_id"],
        tenant_id=row["tenant_id"],
        scopes=frozenset(Scope(scope) for scope in row["scopes"]),
    )


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
