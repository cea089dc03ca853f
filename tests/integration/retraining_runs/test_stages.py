"""A run from being asked for to its end, stage by stage."""

import pytest

from shared.domain.retraining import RunFailure, RunOutcome, RunStage, RunState
from shared.storage.lock import RETRAINING, only_one
from tests.integration.small_retrainer import trace
from tests.processes import wait_until


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


def test_a_run_whose_version_waits_for_a_person_says_why(ask, carry_out, read, tmp_path):
    (tmp_path / "waits").write_text("It was judged against 1.1.0.")
    run = ask()
    carry_out()
    assert (read(run).outcome, read(run).version) == (RunOutcome.PUBLISHED, "9.9.9")
    assert read(run).detail == "Published as 9.9.9. It was judged against 1.1.0."


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
