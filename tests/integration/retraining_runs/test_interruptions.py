"""Runs whose process is killed, asked to end or told to stop."""

import signal

import pytest
from structlog.testing import capture_logs

from services.retrainer.loop import code, once
from shared.domain.retraining import ATTEMPTS, RunFailure, RunOutcome, RunStage, RunState
from shared.storage import retraining
from tests.integration.small_retrainer import EPOCHS, trace
from tests.processes import wait_until


@pytest.fixture
def kill_in(process, tmp_path):
    """Kills the process of a run while it is in a stage; the next one is not held there."""

    def kill(stage):
        hold = tmp_path / f"hold-{stage}"
        hold.touch()
        killed = process()
        wait_until(lambda: trace(tmp_path)[-1:] == [stage])
        killed.kill()
        killed.wait()
        hold.unlink()

    return kill


@pytest.mark.parametrize("stage", RunStage)
def test_a_run_killed_in_a_stage_is_taken_up_there_and_ends_the_same(stage, ask, read, kill_in, process, tmp_path):
    run = ask()
    kill_in(stage)
    assert read(run).state is RunState.RUNNING
    assert not list(tmp_path.glob("published-*"))
    assert process().wait(60) == 0
    ended = read(run)
    assert (ended.outcome, ended.version) == (RunOutcome.PUBLISHED, "9.9.9")
    order = list(RunStage)
    begun = order.index(stage)
    # A training that had its checkpoints already passes the place where it was held no more.
    again = order[begun + (stage is RunStage.TRAIN) :]
    assert trace(tmp_path) == [*order[: begun + 1], *again]
    assert (tmp_path / "epochs").read_text().split() == [str(epoch) for epoch in range(EPOCHS)]


def test_a_run_killed_in_every_stage_still_ends(ask, read, kill_in, process):
    run = ask()
    for stage in RunStage:
        kill_in(stage)
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


def test_a_run_whose_files_are_gone_trains_anew(ask, read, kill_in, process, tmp_path, retrainer_dir):
    run = ask()
    kill_in(RunStage.GATE)
    for file in sorted((retrainer_dir / "runs").rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    assert process().wait(60) == 0
    assert read(run).outcome is RunOutcome.PUBLISHED
    assert trace(tmp_path) == [*RunStage][:5] + [*RunStage][2:]


@pytest.mark.parametrize("stage", RunStage)
def test_a_run_in_the_middle_of_which_the_retrainer_is_upgraded_goes_on_or_begins_its_stage_again(
    stage, ask, read, kill_in, carry_out, tmp_path, retrainer_dir
):
    """What the release before left in the run's folder has another form; its candidate is still good."""
    run = ask()
    kill_in(stage)
    folder = retrainer_dir / "runs" / str(run.id)
    (folder / code.WORK / code.MARK).write_text("of the release before")
    for left in [*folder.glob("*.json"), *(folder / code.WORK).glob("training/*")]:
        left.write_text("{}")
    with capture_logs() as said:
        assert carry_out() is RunState.FINISHED
    assert read(run).outcome is RunOutcome.PUBLISHED
    order = list(RunStage)
    again = RunStage.EVALUATE if stage is RunStage.GATE else stage
    assert trace(tmp_path) == [*order[: order.index(stage) + 1], *order[order.index(again) :]]
    [line] = [line for line in said if line["event"] == "run_was_begun_by_other_code"]
    assert (line["stage"], line["begins_again_with"]) == (stage, again)


def test_a_run_that_goes_on_under_the_same_code_says_nothing_of_other_code(ask, kill_in, carry_out):
    ask()
    kill_in(RunStage.GATE)
    with capture_logs() as said:
        assert carry_out() is RunState.FINISHED
    assert "run_was_begun_by_other_code" not in {line["event"] for line in said}


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
