"""When a key was last used."""

import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from services.api.key_use import KeyUse
from shared.storage import tenants
from shared.storage.db import Database


@pytest.fixture
def key_use(database):
    return KeyUse(database)


@pytest.fixture
def key_id(database, new_key):
    with database.transaction() as connection:
        return tenants.authenticate(connection, new_key()).key_id


@pytest.fixture
def last_used(database, tenant):
    def read() -> datetime | None:
        with database.transaction() as connection:
            (row,) = tenants.keys(connection, tenant)
        return row["last_used_at"]

    return read


def test_a_use_is_noted_and_written_later(client, connect, last_used):
    assert client.get("/v1/keys").json()["keys"][0]["last_used_at"] is None
    connect.app.state.parts.key_use.write()
    assert abs(last_used() - datetime.now(UTC)) < timedelta(minutes=1)
    shown = client.get("/v1/keys").json()["keys"][0]["last_used_at"]
    assert datetime.fromisoformat(shown) == last_used()


def test_the_time_is_that_of_the_use_and_not_of_the_writing(key_use, key_id, last_used, database):
    key_use.note(key_id)
    key_use._used[key_id] = time.monotonic() - 40
    key_use.write()
    assert timedelta(seconds=39) < datetime.now(UTC) - last_used() < timedelta(seconds=60)


def test_an_earlier_use_never_replaces_a_later_one(key_use, key_id, last_used):
    key_use.note(key_id)
    key_use.write()
    latest = last_used()
    key_use._used[key_id] = time.monotonic() - 40
    key_use.write()
    assert last_used() == latest


def test_a_row_that_another_process_holds_is_not_waited_for(key_use, key_id, last_used, database):
    key_use.note(key_id)
    with database.transaction() as connection:
        connection.execute("SELECT FROM keys WHERE id = %s FOR NO KEY UPDATE", (key_id,))
        key_use.write()
    assert last_used() is None


def test_what_cannot_be_written_is_written_the_next_time(key_use, key_id, last_used, database, settings):
    dead = Database(settings.model_copy(update={"postgres_dsn": "postgresql://jinwi@127.0.0.1:9/jinwi"}))
    key_use._database = dead
    key_use.note(key_id)
    key_use.write()
    key_use._database = database
    key_use.write()
    assert last_used() is not None


def test_a_key_that_is_gone_stops_no_other(key_use, key_id, last_used):
    key_use.note(uuid4())
    key_use.note(key_id)
    key_use.write()
    assert last_used() is not None
