"""Migrations on a database with nothing in it."""

import threading

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from shared.errors import Outage
from shared.storage.db import connection_string
from shared.storage.migrate import migrate, migrations


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


def test_a_database_that_cannot_be_reached_is_an_outage():
    with pytest.raises(Outage, match="postgres"):
        migrate("postgresql://jinwi@127.0.0.1:9/jinwi?connect_timeout=2")
