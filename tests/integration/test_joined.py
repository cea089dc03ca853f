"""The stages of a real run, joined: what each hands to the parts, against the real ledger and store."""

import io
from dataclasses import replace
from uuid import uuid4

import pytest

pytest.importorskip("torch")

from services.retrainer.harvest import snapshots
from services.retrainer.loop.pulse import Stopped
from services.retrainer.loop.run import Work
from services.retrainer.loop.stages import Joined
from shared.domain.labels import Label
from shared.domain.retraining import Mode, RunStage
from shared.domain.tenant import Scope
from shared.storage import gold, retraining, tenants
from shared.storage.gold import NewGold
from shared.storage.retraining import Order
from tests.integration.retraining import lend, lender, pictured, run_harvest, sha256_of
from tests.models import brightness


@pytest.fixture
def joined(database, store, settings):
    return Joined(database, store, settings)


@pytest.fixture
def work(database, shipped, tmp_path):
    """Of a run that began under the shipped champion."""
    with database.transaction() as connection:
        retraining.ask(connection, Order(mode=Mode.HEAD, min_samples=0), by=None)
        run = retraining.claim(connection)
    folder = tmp_path / "run"
    return Work(run=run, stage=RunStage.SNAPSHOT, results={}, folder=folder, report=lambda _: None)


@pytest.fixture
def curator(database, tenant):
    """The id of a key that may add gold."""
    with database.transaction() as connection:
        return tenants.create_key(connection, tenant, "curator", {Scope.MODELS})[0]["id"]


@pytest.fixture
def judge(database, store, curator):
    """Adds a picture to the guard part of gold."""

    def judge(data):
        new = NewGold(
            sha256=sha256_of(data), label=Label.AI, owner="kim", kind="", bytes=len(data), format="png", width=None,
            height=None,
        )  # fmt: skip
        with database.transaction() as connection:
            gold.add(connection, store, new, io.BytesIO(data), guard_share=1.0, by=curator)

    return judge


def test_a_lent_picture_that_is_guard_gold_now_is_in_no_snapshot_any_more(
    database, store, settings, joined, work, judge, tmp_path
):
    lent = lender(database)
    for seed in (1, 2):
        lend(database, store, lent, pictured(seed))
    run_harvest(database, store, brightness(tmp_path / "2.0.0"), settings, uuid4())
    judge(pictured(1))
    taken = joined.snapshot(work)
    assert (taken["harvested"], taken["samples"], taken["withdrawn"]) == (1, 1, {"near_guard": 1})


def test_a_snapshot_lists_what_judges_with_its_label(database, joined, work, judge):
    judge(pictured(1))
    joined.snapshot(work)
    with database.transaction() as connection:
        assert snapshots.read(connection, work.run.id).guard == {sha256_of(pictured(1)).hex(): "ai"}


@pytest.fixture
def measuring(joined, work, judge):
    """A candidate that is to be measured on two guard pictures, beside the champion."""
    for seed in (1, 2):
        judge(pictured(seed))
    joined.snapshot(work)
    brightness(work.folder / "candidate", "2.0.0")
    return replace(work, stage=RunStage.EVALUATE, results={RunStage.TRAIN: {"files": ["candidate"]}})


def test_each_picture_that_a_version_is_measured_on_is_reported(joined, measuring):
    told = []
    joined.evaluate(replace(measuring, report=told.append))
    assert {progress.stage for progress in told} == {RunStage.EVALUATE}
    assert [progress.done for progress in told if progress.total == 4] == [1, 2, 3, 4]


def test_gold_that_comes_to_judge_after_the_snapshot_waits_for_the_next_run(joined, measuring, judge):
    before = joined.evaluate(measuring)
    judge(pictured(3))
    assert joined.evaluate(measuring) == before


def test_gold_that_is_taken_away_after_the_snapshot_judges_no_more(database, joined, measuring, curator):
    before = joined.evaluate(measuring)
    with database.transaction() as connection:
        gold.remove(connection, sha256_of(pictured(1)), by=curator)
    after = joined.evaluate(measuring)
    assert after["rows"] == before["rows"] / 2
    assert after["guard"] != before["guard"]


def test_where_the_snapshot_is_from_before_it_listed_what_judges_all_gold_does(joined, measuring, judge, monkeypatch):
    before = joined.evaluate(measuring)["rows"]
    judge(pictured(3))
    taken = snapshots.read
    monkeypatch.setattr(snapshots, "read", lambda *given: replace(taken(*given), guard=None, cases=None))
    assert joined.evaluate(measuring)["rows"] > before


def test_a_stop_is_heard_in_the_middle_of_measuring(joined, measuring):
    told = []

    def stopping(progress):
        told.append(progress)
        if len(told) == 2:
            raise Stopped

    with pytest.raises(Stopped):
        joined.evaluate(replace(measuring, report=stopping))


def test_measuring_goes_on_at_the_picture_where_it_was_stopped(joined, measuring):
    def stopping(progress):
        if progress.done == 3:
            raise Stopped

    with pytest.raises(Stopped):
        joined.evaluate(replace(measuring, report=stopping))
    told = []
    joined.evaluate(replace(measuring, report=told.append))
    assert [progress.done for progress in told if progress.total] == [1, 2, 3, 4]
    assert sum(progress.total == 0 for progress in told) == 1  # of each picture that is read
