"""A server that is there and does not answer."""

import time

import pytest

from shared.errors import Outage


def test_a_silent_server_is_given_up_and_its_connection_with_it(database):
    began = time.monotonic()
    with pytest.raises(Outage, match="did not answer"), database.transaction() as connection:
        connection.patience = 0.2
        connection.execute("SELECT pg_sleep(20)")
    assert connection.closed
    with database.transaction() as another:
        assert another.execute("SELECT 1 AS one").fetchone() == {"one": 1}
    assert time.monotonic() - began < 10


def test_patience_with_a_pooled_connection_is_that_of_a_statement(database):
    for _ in range(2):
        with database.transaction() as connection:
            assert connection.patience > 30
