"""Migrations on a database with nothing in it."""

import threading

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from shared.errors import Outage
from shared.storage.db import Database, connection_string
from shared.storage.migrate import migrate, migrations
from tests.integration.factories import lease_webhooks


@pytest.fixture
def empty(settings):
    """The connection string of a new database."""
    conninfo = connection_string(settings)
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("CREATE DATABASE empty")
        yield make_conninfo(conninfo, dbname="empty")
        connection.execute("DROP DATABASE empty WITH (FORCE)")


def test_each_migration_is_applied_once_however_many_processes_try(empty):
    applied, together = [], threading.Barrier(4)

    def apply():
        together.wait()
        applied.extend(migrate(empty))

    threads = [threading.Thread(target=apply) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert applied == [migration.name for migration in migrations()]
    assert migrate(empty) == []


def test_the_tenant_that_an_earlier_set_up_made_is_left_without_limits(empty):
    with psycopg.connect(empty, autocommit=True) as connection:
        connection.execute("CREATE TABLE migrations (name text PRIMARY KEY, applied_at timestamptz DEFAULT now())")
        for migration in migrations():
            if migration.name < "0004":
                connection.execute(migration.text)
                connection.execute("INSERT INTO migrations (name) VALUES (%s)", (migration.name,))
        connection.execute("INSERT INTO tenants (name, webhook_secret) VALUES ('default', 's'), ('other', 's')")
        migrate(empty)
        rows = connection.execute(
            "SELECT name, submissions_per_minute, requests_per_minute, submissions_per_day FROM tenants ORDER BY name"
        )
        assert rows.fetchall() == [("default", 0, 0, 0), ("other", None, None, None)]


def test_what_was_shipped_before_it_was_noted_counts_as_shipped_until_a_set_up_says_more(empty, monkeypatch):
    every = migrations()
    monkeypatch.setattr("shared.storage.migrate.migrations", lambda: [one for one in every if one.name < "0014"])
    migrate(empty)
    with psycopg.connect(empty) as connection:
        connection.execute(
            "INSERT INTO model_versions (version, name, sha256, card, manifest, origin) VALUES"
            """ ('1.0.0', 'a', '', '{}', '{"files": {"a": "b"}}', 'shipped'), ('2.0.0', 'a', '', '{}', '{}', 'imported')"""
        )
    monkeypatch.undo()
    migrate(empty)
    with psycopg.connect(empty) as connection:
        rows = connection.execute("SELECT version, manifest FROM shipped_versions").fetchall()
    assert rows == [("1.0.0", {"files": {"a": "b"}})]


def test_a_database_that_cannot_be_reached_is_an_outage():
    with pytest.raises(Outage, match="postgres"):
        migrate("postgresql://jinwi@127.0.0.1:9/jinwi?connect_timeout=2")


def test_webhooks_that_were_written_before_there_were_endpoints_are_still_sent(empty, settings, monkeypatch):
    every = migrations()
    monkeypatch.setattr("shared.storage.migrate.migrations", lambda: every[:2])
    migrate(empty)
    with psycopg.connect(empty) as connection:
        connection.execute(
            "WITH owner AS (INSERT INTO tenants (name, webhook_secret) VALUES ('old', 'whsec_AAAA') RETURNING id)"
            " INSERT INTO deliveries (tenant_id, job_id, event, url, body, attempts)"
            " SELECT id, uuidv7(), 'job.done', 'https://example.com/', '{}', 3 FROM owner"
        )
    monkeypatch.undo()
    migrate(empty)
    password = settings.postgres_password.get_secret_value()
    database = Database(settings.model_copy(update={"postgres_dsn": make_conninfo(empty, password=password)}))
    database.open()
    try:
        [delivery] = lease_webhooks(database)
    finally:
        database.close()
    assert (delivery.attempts, delivery.schedule_from, delivery.secrets) == (4, 0, ["whsec_AAAA"])


def test_versions_from_before_there_were_states_get_those_of_their_aliases(empty, monkeypatch):
    every = migrations()
    monkeypatch.setattr("shared.storage.migrate.migrations", lambda: [one for one in every if one.name < "0007"])
    migrate(empty)
    aliases = {"champion": "3.0.0", "challenger": "4.0.0", "previous": "2.0.0"}
    with psycopg.connect(empty) as connection:
        for version in ("1.0.0", *aliases.values()):
            connection.execute(
                "INSERT INTO model_versions (version, name, sha256, card, manifest, origin)"
                " VALUES (%s, 'a', '', '{}', '{}', 'shipped')",
                (version,),
            )
        for alias, version in aliases.items():
            connection.execute("INSERT INTO model_aliases (alias, version) VALUES (%s, %s)", (alias, version))
    monkeypatch.undo()
    migrate(empty)
    with psycopg.connect(empty) as connection:
        rows = connection.execute("SELECT version, state, automatic FROM model_states ORDER BY version").fetchall()
    assert rows == [
        ("1.0.0", "available", False),
        ("2.0.0", "retired", False),
        ("3.0.0", "champion", False),
        ("4.0.0", "shadow", False),
    ]


def test_indexes_whose_making_was_interrupted_are_made_anew(empty, monkeypatch):
    every = migrations()
    monkeypatch.setattr("shared.storage.migrate.migrations", lambda: [one for one in every if one.name < "0012_words"])
    migrate(empty)
    monkeypatch.undo()
    with psycopg.connect(empty, autocommit=True) as connection:
        connection.execute("CREATE INDEX perceptual_hashes_word_1 ON perceptual_hashes (sha256)")
        migrate(empty)
        made = connection.execute(
            "SELECT count(*), bool_and(indisvalid), bool_and(pg_get_indexdef(indexrelid) LIKE '%pdq_word(%')"
            " FROM pg_index WHERE indexrelid::regclass::text ~ '_word_[0-9]+$'"
        ).fetchone()
    assert made == (24, True, True)
