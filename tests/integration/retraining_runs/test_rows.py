"""Runs in Postgres."""

import itertools

import psycopg
import pytest

from shared.domain.retraining import TRANSITIONS, Mode, Progress, RunOutcome, RunStage, RunState
from shared.errors import IdempotencyMismatch
from shared.storage import retraining
from shared.storage.retraining import Ending, Order


def test_the_database_and_the_domain_allow_the_same_transitions(database):
    with database.transaction() as connection:
        legal = {
            (before, after)
            for before, after in itertools.product(RunState, RunState)
            if connection.execute("SELECT is_legal_run_transition(%s, %s) AS ok", (before, after)).fetchone()["ok"]
        }
    assert legal == {(before, after) for before, afters in TRANSITIONS.items() for after in afters}


def test_the_database_refuses_an_illegal_transition(database, ask):
    run = ask()
    with (
        pytest.raises(psycopg.errors.CheckViolation, match="cannot go from queued to failed"),
        database.transaction() as connection,
    ):
        connection.execute("UPDATE retraining_runs SET state = 'failed', failure = 'x' WHERE id = %s", (run.id,))


def test_what_the_code_before_wrote_is_a_finished_run(database):
    with database.transaction() as connection:
        row = connection.execute(
            "INSERT INTO retraining_runs (outcome, gold, candidates, detail)"
            " VALUES ('not_enough_samples', 0, 3, 'No gold.') RETURNING id"
        ).fetchone()
        run = retraining.get(connection, row["id"])
    assert (run.state, run.outcome, run.detail) == (RunState.FINISHED, RunOutcome.NOT_ENOUGH_SAMPLES, "No gold.")


def test_a_superseded_retrainer_changes_nothing(database, ask, read):
    run = ask()
    with database.transaction() as connection:
        stale = retraining.claim(connection)
    with database.transaction() as connection:
        current = retraining.claim(connection)
    assert (stale.id, current.id, current.fence) == (run.id, run.id, stale.fence + 1)
    with database.transaction() as connection:
        assert not retraining.keep(connection, stale, RunStage.HARVEST, {"admitted": 1}, RunStage.SNAPSHOT)
        assert not retraining.end(connection, stale, Ending(state=RunState.FAILED, failure="late"))
        assert retraining.beat(connection, stale, None) is None
    assert read(run).harvest is None
    assert read(run).state is RunState.RUNNING


def test_an_attempt_that_comes_further_than_those_before_is_the_first_again(database, ask, read):
    run = ask()

    def claimed():
        with database.transaction() as connection:
            return retraining.claim(connection)

    def said(held, done, stage=RunStage.HARVEST):
        with database.transaction() as connection:
            retraining.beat(connection, held, Progress(stage=stage, done=done, total=9))
        return read(run).attempts, read(run).progress["done"]

    held = claimed()
    assert said(held, 4) == (1, 4)
    held = claimed()
    assert [said(held, done) for done in (0, 4)] == [(2, 4), (2, 4)]
    held = claimed()
    assert [said(held, done) for done in (2, 5)] == [(3, 4), (1, 5)]
    with database.transaction() as connection:
        assert retraining.beat(connection, held, None) is False
    assert read(run).progress["done"] == 5
    assert said(held, 0, RunStage.SNAPSHOT) == (1, 0)


def test_a_key_sent_again_gives_the_same_run_and_for_another_order_none(database):
    order = Order(mode=Mode.HEAD, min_samples=5)
    by = "019a0b8e-6f5c-7c3e-9f52-3d6c4f1f2a10"
    with database.transaction() as connection:
        first = retraining.ask(connection, order, by=by, idempotency_key="k")
        assert retraining.ask(connection, order, by=by, idempotency_key="k").id == first.id
        with pytest.raises(IdempotencyMismatch):
            retraining.ask(connection, Order(mode=Mode.FULL, min_samples=5), by=by, idempotency_key="k")
        assert retraining.ask(connection, order, by=by).id != first.id
