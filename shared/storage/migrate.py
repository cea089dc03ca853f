"""Applies `sql/migrations` in order, once each, under an advisory lock: any number of processes may try at once."""

from dataclasses import dataclass
from importlib import resources

import psycopg

from shared.storage.db import translated

LOCK = 0x6A696E7769  # "jinwi"


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
        connection.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        connection.execute(
            "CREATE TABLE IF NOT EXISTS migrations"
            " (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())"
        )
        done = {row[0] for row in connection.execute("SELECT name FROM migrations")}
        for migration in migrations():
            if migration.name not in done:
                with connection.transaction():
                    connection.execute(migration.text)
                    connection.execute("INSERT INTO migrations (name) VALUES (%s)", (migration.name,))
                applied.append(migration.name)
    return applied
