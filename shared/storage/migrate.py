"""Applies `sql/migrations` in order, once each, under an advisory lock: any number of processes may try at once."""

import time
from dataclasses import dataclass
from importlib import resources
from typing import Any

import psycopg

from shared.storage.db import translated

LOCK = 0x6A696E7769  # "jinwi"

ASK_AGAIN_SECONDS = 0.1

ALONE = b"-- not in a transaction --"
"""The first line of a migration whose statements, each ending a line, are run by themselves: it can be begun anew."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Migration:
    name: str
    text: bytes


def migrations() -> list[Migration]:
    folder = resources.files("shared.storage").joinpath("sql/migrations")
    files = sorted(folder.iterdir(), key=lambda f: f.name)
    return [Migration(name=file.name, text=file.read_bytes()) for file in files if file.name.endswith(".sql")]


def migrate(conninfo: str) -> list[str]:
    """Bring the database up to date; the names applied now. Raises Outage when it cannot be reached."""
    applied = []
    with translated(), psycopg.connect(conninfo, autocommit=True) as connection:
        # A migration may take its time, and whoever waits for it waits that long.
        connection.execute("SET statement_timeout = 0")
        connection.execute("SET lock_timeout = 0")
        _lock(connection)
        connection.execute(
            "CREATE TABLE IF NOT EXISTS migrations"
            " (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())"
        )
        done = {row[0] for row in connection.execute("SELECT name FROM migrations")}
        for migration in migrations():
            if migration.name not in done:
                _apply(connection, migration)
                applied.append(migration.name)
        # Each time, for a server may get it later.
        if "0012_embeddings.sql" in {*done, *applied}:
            connection.execute("SELECT adopt_pgvector()")
    return applied


def _lock(connection: psycopg.Connection[Any]) -> None:
    """By asking again and again: who waits in the server would hold up the making of an index, which waits for him."""
    while connection.execute("SELECT pg_try_advisory_lock(%s)", (LOCK,)).fetchone() != (True,):
        time.sleep(ASK_AGAIN_SECONDS)


def _apply(connection: psycopg.Connection[Any], migration: Migration) -> None:
    if migration.text.startswith(ALONE):
        for statement in migration.text.split(b";\n"):
            if statement.strip():
                connection.execute(statement)
        connection.execute("INSERT INTO migrations (name) VALUES (%s)", (migration.name,))
        return
    with connection.transaction():
        connection.execute(migration.text)
        connection.execute("INSERT INTO migrations (name) VALUES (%s)", (migration.name,))
