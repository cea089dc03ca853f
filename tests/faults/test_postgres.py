"""Postgres restarts, dies, freezes and refuses to write: 503 with Retry-After, no 202 without a row, nothing lost."""

import signal
import time

import pytest

from tests.faults.system import frozen, kill, send, wait_for

ANSWER_SECONDS = 15
"""Within which a customer hears that the database does not answer: 7 s by our limits, and this for a busy machine."""


def test_postgres_restarted_under_load(trial, system):
    trial.load.submit(16)
    with trial.submitting(40), trial.fault():
        system.servers["postgres"].stop(20)
        wait_for(trial.refused)
        system.start_again("postgres")
    trial.settle()


@pytest.mark.long
def test_postgres_killed_under_load(trial, system):
    trial.load.submit(40, side=300)
    with trial.submitting(40), trial.fault():
        kill(system.servers["postgres"])
        system.start_again("postgres")
    trial.settle()


def test_postgres_read_only(trial, system):
    trial.load.submit(8)
    with trial.submitting(24), trial.fault():
        system.command_postgres("ALTER SYSTEM SET default_transaction_read_only = on")
        system.command_postgres("SELECT pg_reload_conf()")
        wait_for(trial.refused)
        system.command_postgres("ALTER SYSTEM RESET default_transaction_read_only")
        system.command_postgres("SELECT pg_reload_conf()")
    trial.settle()


@pytest.mark.long
def test_postgres_away_when_a_batch_is_finished(trial, system):
    scorer = system.services["scorer"]
    trial.backlog()
    with trial.fault():
        assert system.freeze_busy(scorer)
        system.servers["postgres"].stop(20)
        began = time.monotonic()
        send(scorer, signal.SIGCONT)
        # Longer than results are offered to a database that is away.
        time.sleep(max(0, began + 8 - time.monotonic()))
        system.start_again("postgres")
    trial.settle()
    assert scorer.running


@pytest.mark.long
def test_postgres_frozen_for_twenty_seconds(trial, system):
    trial.load.submit(16, side=300)
    with trial.submitting(24), trial.fault(), frozen(system.servers["postgres"]):
        time.sleep(20)
    assert trial.refused()
    assert max(one.slowest for one in trial.load.submissions) < ANSWER_SECONDS
    trial.settle()
