"""A retraining run from being asked for to its end, carried by real processes with small stages."""

import itertools
import signal
import subprocess
import sys

import psycopg
import pytest

from services.retrainer.loop import once
from services.retrainer.loop.attendant import Attendant
from shared.domain.retraining import ATTEMPTS, TRANSITIONS, Mode, RunFailure, RunOutcome, RunStage, RunState
from shared.errors import IdempotencyMismatch
from shared.storage import retraining
from shared.storage.lock import RETRAINING, only_one
from shared.storage.retraining import Ending, Order
from tests.integration.small_retrainer import EPOCHS, compose
from tests.processes import wait_until

COMMAND = (sys.executable, "-m", "tests.integration.small_retrainer", once.ATTENDED)


@pytest.fixture(autouse=True)
def retrainer_dir(settings, tmp_path, monkeypatch):
    monkeypatch.setenv("JINWI_RETRAINER_DIR", str(tmp_path / "retrainer"))
    return tmp_path / "retrainer"


@pytest.fixture
def settings(settings, tmp_path):
    return settings.model_copy(update={"retrainer_dir": tmp_path / "retrainer"})


@pytest.fixture
def ask(database):
    def ask(*, min_samples=0, seed=3):
        with database.transaction() as connection:
            return retraining.ask(connection, Order(mode=Mode.HEAD, min_samples=min_samples, seed=seed), by=None)

    return ask


@pytest.fixture
def read(database):
    def read(run):
        with database.transaction() as connection:
            return retraining.get(connection, run.id)

    return read


@pytest.fixture
def process():
    """Starts the process that carries a run, as the attendant does; none outlives the test."""
    started = []

    def start():
        child = subprocess.Popen(COMMAND, stdin=subprocess.PIPE)
        started.append(child)
        return child

    yield start
    for child in started:
        child.kill()
        child.wait()
        child.stdin.close()


@pytest.fixture
def attendant(database, settings):
    """With a beat so slow that what happens soon happens because it was rung for."""
    made = Attendant(database, settings, command=COMMAND)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def carry_out(database, settings):
    return lambda: once.carry_out(database, settings, compose)


def trace(home):
    file = home / "trace"
    return file.read_text("ascii").split() if file.exists() else []


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


def test_a_run_goes_through_its_stages_in_order_and_is_published(ask, carry_out, read, tmp_path):
    run = ask()
    assert carry_out() is RunState.FINISHED
    ended = read(run)
    assert (ended.outcome, ended.version, ended.attempts) == (RunOutcome.PUBLISHED, "9.9.9", 1)
    assert ended.harvest == {"considered": 5, "admitted": 3, "refused": {"unstable": 2}}
    assert trace(tmp_path) == list(RunStage)
    assert ended.finished_at is not None
    assert ended.progress is None


def test_a_run_remembers_who_was_champion_when_it_began(ask, carry_out, read, shipped):
    run = ask()
    carry_out()
    assert read(run).champion == shipped


def test_a_refused_candidate_is_kept_with_the_rulings_that_failed(ask, carry_out, read, tmp_path, retrainer_dir):
    (tmp_path / "limit").write_text("1000")
    run = ask()
    assert carry_out() is RunState.FINISHED
    ended = read(run)
    assert (ended.outcome, ended.version) == (RunOutcome.REFUSED, None)
    assert ended.detail == "size: 30 against 1000"
    assert ended.judgement["rulings"][0]["value"] == 30
    kept = retrainer_dir / "runs" / str(run.id)
    assert (kept / "candidate" / "weights").read_text() == "30"
    assert not (kept / "work").exists()
    assert not list(tmp_path.glob("published-*"))


def test_a_run_that_finds_too_little_says_what_is_missing_and_trains_nothing(ask, carry_out, read, tmp_path):
    run = ask(min_samples=1000)
    assert carry_out() is RunState.FINISHED
    ended = read(run)
    assert ended.outcome is RunOutcome.NOT_ENOUGH_SAMPLES
    assert ended.detail == "3 samples are new, and the run asked for 1,000 at least."
    assert trace(tmp_path) == ["harvest", "snapshot"]


@pytest.mark.parametrize("stage", RunStage)
def test_a_stage_that_raises_fails_its_run_with_one_line_and_the_next_run_goes(stage, ask, carry_out, read, tmp_path):
    (tmp_path / f"fail-{stage}").write_text("first line\nsecond line")
    failing, following = ask(), ask()
    assert carry_out() is RunState.FAILED
    assert read(failing).failure == "RuntimeError: first line second line"
    assert read(failing).failure_reason is RunFailure.FAULT
    assert read(failing).stage is stage
    (tmp_path / f"fail-{stage}").unlink()
    assert carry_out() is RunState.FINISHED
    assert read(following).outcome is RunOutcome.PUBLISHED


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("memory: 3 GB", RunFailure.NO_MEMORY),
        ("disk: No space left on device", RunFailure.DISK_FULL),
        ("configuration: no version is champion", RunFailure.CONFIGURATION),
        ("version: model.onnx is damaged", RunFailure.VERSION_REFUSED),
        ("taken: 1.2.0", RunFailure.VERSION_TAKEN),
    ],
)
def test_a_run_that_failed_says_why_in_a_word(ask, carry_out, read, tmp_path, fault, reason):
    (tmp_path / "fail-publish").write_text(fault)
    run = ask()
    assert carry_out() is RunState.FAILED
    assert read(run).failure_reason is reason
    assert fault.partition(": ")[2] in read(run).failure


def test_a_published_run_leaves_nothing_on_the_disk(ask, carry_out, retrainer_dir):
    ask()
    carry_out()
    assert list((retrainer_dir / "runs").iterdir()) == []


def test_a_second_process_leaves_the_run_to_the_one_that_has_the_lock(ask, carry_out, read, settings):
    run = ask()
    with only_one(settings, RETRAINING) as held:
        assert held is not None
        assert carry_out() is None
    assert read(run).state is RunState.QUEUED
    assert carry_out() is RunState.FINISHED


def test_a_run_that_waits_says_for_which(ask, read, process, tmp_path):
    (tmp_path / "hold-harvest").touch()
    first, second, third = ask(), ask(), ask()
    process()
    wait_until(lambda: read(first).state is RunState.RUNNING)
    assert (read(first).waits_for, read(second).waits_for, read(third).waits_for) == (None, first.id, first.id)


def test_progress_is_in_the_row_while_a_stage_works(ask, read, process, tmp_path):
    (tmp_path / "hold-train").touch()
    run = ask()
    process()
    wait_until(lambda: (read(run).progress or {}).get("stage") == "train")
    assert read(run).progress["done"] in {0, 2}
    assert read(run).heartbeat_at is not None


@pytest.mark.parametrize("stage", RunStage)
def test_a_run_killed_in_a_stage_is_taken_up_there_and_ends_the_same(stage, ask, read, process, tmp_path):
    (tmp_path / f"hold-{stage}").touch()
    run = ask()
    killed = process()
    wait_until(lambda: trace(tmp_path)[-1:] == [stage])
    killed.kill()
    killed.wait()
    assert read(run).state is RunState.RUNNING
    assert not list(tmp_path.glob("published-*"))
    (tmp_path / f"hold-{stage}").unlink()
    assert process().wait(60) == 0
    ended = read(run)
    assert (ended.outcome, ended.version) == (RunOutcome.PUBLISHED, "9.9.9")
    order = list(RunStage)
    begun = order.index(stage)
    # A training that had its checkpoints already passes the place where it was held no more.
    again = order[begun + (stage is RunStage.TRAIN) :]
    assert trace(tmp_path) == [*order[: begun + 1], *again]
    assert (tmp_path / "epochs").read_text().split() == [str(epoch) for epoch in range(EPOCHS)]


def test_a_run_killed_in_every_stage_still_ends(ask, read, process, tmp_path):
    run = ask()
    for stage in RunStage:
        (tmp_path / f"hold-{stage}").touch()
    for stage in RunStage:
        killed = process()
        wait_until(lambda stage=stage: trace(tmp_path)[-1:] == [stage])
        killed.kill()
        killed.wait()
        (tmp_path / f"hold-{stage}").unlink()
    assert process().wait(60) == 0
    assert read(run).outcome is RunOutcome.PUBLISHED


def test_a_run_that_kills_its_process_every_time_fails_and_blocks_nobody(ask, read, process, tmp_path):
    (tmp_path / "hold-snapshot").touch()
    deadly, following = ask(), ask()
    for attempt in range(ATTEMPTS):
        killed = process()
        wait_until(lambda attempt=attempt: trace(tmp_path).count("snapshot") == attempt + 1)
        killed.kill()
        killed.wait()
    (tmp_path / "hold-snapshot").unlink()
    assert process().wait(60) == 0
    assert read(deadly).state is RunState.FAILED
    assert f"stopped {ATTEMPTS} times in the stage snapshot" in read(deadly).failure
    assert read(deadly).failure_reason is RunFailure.STOPPED
    assert process().wait(60) == 0
    assert read(following).outcome is RunOutcome.PUBLISHED


def test_a_run_whose_files_are_gone_trains_anew(ask, read, process, tmp_path, retrainer_dir):
    (tmp_path / "hold-gate").touch()
    run = ask()
    killed = process()
    wait_until(lambda: trace(tmp_path)[-1:] == ["gate"])
    killed.kill()
    killed.wait()
    for file in sorted((retrainer_dir / "runs").rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    (tmp_path / "hold-gate").unlink()
    assert process().wait(60) == 0
    assert read(run).outcome is RunOutcome.PUBLISHED
    assert trace(tmp_path) == [*RunStage][:5] + [*RunStage][2:]


def test_a_retrainer_that_is_asked_to_end_puts_the_run_back_and_the_attempt_does_not_count(
    ask, read, process, tmp_path
):
    (tmp_path / "hold-evaluate").touch()
    run = ask()
    for attempt in range(ATTEMPTS + 1):
        asked = process()
        wait_until(lambda attempt=attempt: trace(tmp_path).count("evaluate") == attempt + 1)
        asked.send_signal(signal.SIGTERM)
        assert asked.wait(30) == once.PUT_BACK
        assert read(run).state is RunState.QUEUED
    (tmp_path / "hold-evaluate").unlink()
    assert process().wait(60) == 0
    assert read(run).outcome is RunOutcome.PUBLISHED


def test_the_process_of_a_run_ends_with_the_attendant_that_started_it(ask, read, process, tmp_path):
    (tmp_path / "hold-harvest").touch()
    ask()
    child = process()
    wait_until(lambda: trace(tmp_path) == ["harvest"])
    child.stdin.close()
    assert child.wait(30) == 1


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


def test_a_queued_run_is_cancelled_at_once_and_a_running_one_at_its_next_report(database, ask, read, process, tmp_path):
    (tmp_path / "hold-train").touch()
    running, queued = ask(), ask()
    child = process()
    wait_until(lambda: trace(tmp_path)[-1:] == ["train"])
    with database.transaction() as connection:
        assert retraining.cancel(connection, queued.id).state is RunState.CANCELLED
        assert retraining.cancel(connection, running.id).state is RunState.RUNNING
    assert child.wait(30) == 0
    assert read(running).state is RunState.CANCELLED
    with database.transaction() as connection:
        assert retraining.cancel(connection, running.id) is None


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


def test_a_key_sent_again_gives_the_same_run_and_for_another_order_none(database):
    order = Order(mode=Mode.HEAD, min_samples=5)
    by = "019a0b8e-6f5c-7c3e-9f52-3d6c4f1f2a10"
    with database.transaction() as connection:
        first = retraining.ask(connection, order, by=by, idempotency_key="k")
        assert retraining.ask(connection, order, by=by, idempotency_key="k").id == first.id
        with pytest.raises(IdempotencyMismatch):
            retraining.ask(connection, Order(mode=Mode.FULL, min_samples=5), by=by, idempotency_key="k")
        assert retraining.ask(connection, order, by=by).id != first.id
