"""The attendant: it begins runs when it is rung for, and by itself."""

import itertools

from services.retrainer.loop.attendant import Attendant
from shared.domain.retraining import RunOutcome, RunStage
from shared.storage import retraining
from shared.storage.lock import RETRAINING, only_one
from tests.integration.small_retrainer import COMMAND, trace
from tests.processes import wait_until


def test_the_attendant_finds_a_run_that_nobody_rang_for(database, settings, ask, read):
    attendant = Attendant(database, settings, command=COMMAND, beat_seconds=0.5)
    attendant.start()
    try:
        run = ask()
        wait_until(lambda: read(run).outcome is RunOutcome.PUBLISHED)
    finally:
        attendant.stop()


def test_a_message_that_comes_again_finds_nothing_to_do(ask, read, attendant, tmp_path):
    run = ask()
    attendant.ring()
    wait_until(lambda: read(run).outcome is RunOutcome.PUBLISHED)
    for _ in range(3):
        attendant.ring()
    following = ask()
    attendant.ring()
    wait_until(lambda: read(following).outcome is RunOutcome.PUBLISHED)
    assert trace(tmp_path) == [*RunStage] * 2


def test_runs_that_wait_are_taken_one_after_the_other(ask, read, attendant):
    runs = [ask() for _ in range(3)]
    attendant.ring()
    wait_until(lambda: all(read(run).outcome is RunOutcome.PUBLISHED for run in runs))
    ended = [read(run) for run in runs]
    assert all(one.finished_at <= other.started_at for one, other in itertools.pairwise(ended))


def test_an_attendant_that_lives_is_known_and_one_that_ended_is_not(database, settings):
    attendant = Attendant(database, settings, command=COMMAND)

    def lives():
        with database.transaction() as connection:
            return retraining.any_retrainer(connection)

    assert not lives()
    attendant.start()
    wait_until(lives)
    attendant.stop()
    assert not lives()


def test_the_schedule_asks_for_a_run_only_where_something_may_be_learned_and_none_waits(database, settings, ask):
    allowed = []
    attendant = Attendant(database, settings, command=("true",), may_learn=lambda _: bool(allowed))

    def count():
        with database.transaction() as connection:
            return len(retraining.page(connection, limit=10))

    with only_one(settings, RETRAINING):  # so that none is begun
        attendant.ring_by_schedule()
        attendant._round()
        assert count() == 0
        allowed.append(True)
        attendant._round()
        assert count() == 0
        for _ in range(2):
            attendant.ring_by_schedule()
            attendant._round()
        assert count() == 1
