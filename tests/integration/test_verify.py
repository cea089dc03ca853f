"""A scoring process against the real servers: what becomes of good, bad, missing and erased images."""

import hashlib
import shutil
from datetime import timedelta

import pytest

from services.worker import verify
from shared import scoring
from shared.domain.job import FAILURE_CAP, Lane, State
from shared.errors import DecoderDied, ObjectDamaged, Outage
from shared.storage import leases, lifecycle, models
from tests.integration.factories import change_policy, claim, damage, get, make_tenant, picture, submit_image
from tests.models import brightness, broken_session, copy_of_shipped


def try_to_the_end(database, verifier, tenant, job_id):
    """As often as failures of its own are counted, each time at once."""
    for _ in range(FAILURE_CAP):
        assert get(database, tenant, job_id).state is State.QUEUED
        with database.transaction() as connection:
            connection.execute("UPDATE jobs SET next_attempt_at = now()")
        verifier.drain([])


def test_a_picture_gets_a_calibrated_score_and_says_what_it_rests_on(database, store, tenant, verifier, shipped):
    job_id = submit_image(database, store, tenant, picture(size=(160, 144)))
    assert verifier.drain([job_id]) == 1
    job = get(database, tenant, job_id)
    assert job.state is State.DONE
    assert 0 <= job.result["ai_probability"] <= 1
    assert job.result["ai_probability"] + job.result["human_probability"] == pytest.approx(1)
    assert job.result["model"]["version"] == shipped
    assert job.result["policy_version"] == 1
    assert not {"out_of_range", "blank"} & {reason["code"] for reason in job.result["reasons"]}
    assert {"load", "decode", "score"} <= job.timings_ms.keys()


@pytest.mark.parametrize("size", [(64, 48), (63, 63), (1000, 127)])
def test_a_picture_outside_the_models_range_is_uncertain_with_the_reason(database, store, tenant, verifier, size):
    job_id = submit_image(database, store, tenant, picture(size=size))
    verifier.drain([job_id])
    job = get(database, tenant, job_id)
    assert job.result["verdict"] == "uncertain"
    said = {reason["code"]: reason["detail"] for reason in job.result["reasons"]}
    assert "a smaller one is a guess" in said["out_of_range"]
    assert (job.image_width, job.image_height) == size


def test_the_tenants_thresholds_are_used_and_echoed_with_the_policys_version(database, store, tenant, verifier):
    from shared.domain.verdict import Thresholds

    change_policy(database, tenant, thresholds=Thresholds(likely_human=0.0001, likely_ai=0.0002))
    job_id = submit_image(database, store, tenant)
    verifier.drain([job_id])
    result = get(database, tenant, job_id).result
    assert result["thresholds"] == {"likely_human": 0.0001, "likely_ai": 0.0002}
    assert result["policy_version"] == 2


def test_a_truncated_picture_fails_and_its_neighbours_are_scored(database, store, tenant, verifier):
    good = [submit_image(database, store, tenant, picture((shade, 0, 0))) for shade in range(3)]
    bad = submit_image(database, store, tenant, picture(size=(300, 300))[:200])
    assert verifier.drain([]) == 4
    assert {get(database, tenant, job_id).state for job_id in good} == {State.DONE}
    failed = get(database, tenant, bad)
    assert (failed.state, failed.error["reason"]) == (State.FAILED, "undecodable")


@pytest.mark.parametrize("step", ["picture", "result_document"])
def test_a_surprise_with_one_picture_is_counted_for_none_of_its_neighbours(
    database, store, tenant, verifier, monkeypatch, step
):
    bad = submit_image(database, store, make_tenant(database, "other"))
    good = [submit_image(database, store, tenant, picture((shade, 0, 0))) for shade in range(3)]
    take = getattr(verify, step)

    def surprise(item, *others):
        if item.claim.id == bad:
            raise ValueError("nobody thought of this")
        return take(item, *others)

    monkeypatch.setattr(verify, step, surprise)
    assert verifier.drain([]) == 4
    with database.transaction() as connection:
        rows = connection.execute("SELECT id, state, failures FROM jobs").fetchall()
    failures = {row["id"]: (row["state"], row["failures"]) for row in rows}
    assert failures == {bad: ("queued", 1)} | dict.fromkeys(good, ("done", 0))


def test_a_picture_whose_bytes_are_gone_fails_at_once(database, store, tenant, verifier):
    job_id = submit_image(database, store, tenant)
    store.delete_image(tenant, hashlib.sha256(picture()).digest())
    verifier.drain([job_id])
    job = get(database, tenant, job_id)
    assert (job.state, job.error["reason"], job.attempt) == (State.FAILED, "object_missing", 1)


def test_a_picture_that_is_damaged_in_the_store_is_dead_past_the_cap_and_stored_anew_when_it_is_sent_again(
    database, store, tenant, verifier
):
    job_id = submit_image(database, store, tenant)
    damage(store, tenant, picture())
    try_to_the_end(database, verifier, tenant, job_id)
    job = get(database, tenant, job_id)
    assert (job.state, job.error["reason"], job.attempt) == (State.DEAD, "object_damaged", FAILURE_CAP)
    again = submit_image(database, store, tenant)
    verifier.drain([again])
    assert get(database, tenant, again).state is State.DONE


@pytest.mark.parametrize("size", [0, 20])
def test_a_picture_that_is_cut_short_in_the_store_is_mended_by_sending_it_again(
    database, store, tenant, verifier, size
):
    first = submit_image(database, store, tenant)
    damage(store, tenant, picture(), size=size)
    again = submit_image(database, store, tenant)
    assert verifier.drain([]) == 2
    assert {get(database, tenant, job_id).state for job_id in (first, again)} == {State.DONE}


def test_a_picture_that_is_whole_again_at_its_last_try_is_scored(database, store, tenant, verifier, monkeypatch):
    job_id = submit_image(database, store, tenant)
    with database.transaction() as connection:
        connection.execute("UPDATE jobs SET failures = %s", (FAILURE_CAP - 1,))
    reads = iter([ObjectDamaged("object_damaged", "…"), picture()])

    def read(*_):
        found = next(reads)
        if isinstance(found, ObjectDamaged):
            raise found
        return found

    monkeypatch.setattr(verifier._store, "get_image", read)
    verifier.drain([job_id])
    assert get(database, tenant, job_id).state is State.DONE
    assert store.has_image(tenant, hashlib.sha256(picture()).digest())


def test_an_image_that_kills_the_decoder_is_dead_past_the_cap(database, store, tenant, verifier, monkeypatch):
    def die(*_):
        raise DecoderDied("decoder_died", "killed")

    monkeypatch.setattr(verifier._decoder, "decode", die)
    job_id = submit_image(database, store, tenant)
    try_to_the_end(database, verifier, tenant, job_id)
    job = get(database, tenant, job_id)
    assert (job.state, job.error["reason"], job.attempt) == (State.DEAD, "decoder_died", FAILURE_CAP)


@pytest.fixture
def breaks_on_white(database, store, tmp_path):
    """The directory of the champion, which fails in ONNX Runtime where a picture has a white pixel."""
    directory = brightness(tmp_path / "champion", "100.0.0", breaks_on_white=True)
    models.register(database, store, directory, origin="imported")
    with database.transaction() as connection:
        lifecycle.promote(connection, "100.0.0", by=None, why="a test")
    return directory


def test_a_picture_that_the_model_fails_on_is_dead_past_the_cap_and_its_neighbours_are_scored(
    database, store, tenant, verifier, breaks_on_white
):
    bad = submit_image(database, store, tenant, picture((255, 255, 255)))
    good = [submit_image(database, store, tenant, picture((shade, 0, 0))) for shade in range(3)]
    assert verifier.drain([]) == 4
    assert [get(database, tenant, job_id).state for job_id in good] == [State.DONE] * 3
    with database.transaction() as connection:
        connection.execute("UPDATE jobs SET failures = 0 WHERE id = %s", (bad,))
    try_to_the_end(database, verifier, tenant, bad)
    job = get(database, tenant, bad)
    assert (job.state, job.error["reason"]) == (State.DEAD, "internal")
    assert "brightness 100.0.0 fails on this picture" in job.error["detail"]


def test_a_model_that_fails_on_every_picture_is_an_outage_that_costs_no_job(
    database, store, tenant, verifier, breaks_on_white
):
    verifier.warm_up()
    model = verifier._shelf.get()
    for shade in range(3):
        submit_image(database, store, tenant, picture((shade, 0, 0)))
    sound, model._session = model._session, broken_session(breaks_on_white)
    assert verifier.drain([]) == 3
    with database.transaction() as connection:
        rows = connection.execute(
            "UPDATE jobs SET next_attempt_at = now() RETURNING state, failures, crashes"
        ).fetchall()
    assert rows == [{"state": "queued", "failures": 0, "crashes": 0}] * 3
    model._session = sound
    verifier.drain([])
    with database.transaction() as connection:
        rows = connection.execute("SELECT state FROM jobs").fetchall()
    assert rows == [{"state": "done"}] * 3


def test_a_pinned_model_that_fails_on_every_picture_stops_nobody_elses_jobs(
    database, store, tenant, verifier, shipped, tmp_path
):
    directory, pinned = (
        brightness(tmp_path / "pinned", "100.0.0", breaks_on_white=True),
        make_tenant(database, "pinned"),
    )
    models.register(database, store, directory, origin="imported")
    change_policy(database, pinned, model="100.0.0")
    verifier.warm_up()
    verifier._shelf.load("100.0.0")._session = broken_session(directory)
    theirs, ours = submit_image(database, store, pinned), submit_image(database, store, tenant)
    assert verifier.drain([]) == 2
    states = [get(database, *one).state for one in ((pinned, theirs), (tenant, ours))]
    assert states == [State.QUEUED, State.DONE]


def test_an_outage_of_the_object_store_releases_the_job_uncounted(database, store, tenant, verifier, monkeypatch):
    def away(*_):
        raise Outage("objects", "away")

    job_id = submit_image(database, store, tenant)
    with monkeypatch.context() as patch:
        patch.setattr(verifier._store, "get_image", away)
        assert verifier.drain([]) == 1
    with database.transaction() as connection:
        row = connection.execute(
            "UPDATE jobs SET next_attempt_at = now() RETURNING failures, crashes, state"
        ).fetchone()
    assert row == {"failures": 0, "crashes": 0, "state": "queued"}
    verifier.drain([])
    assert get(database, tenant, job_id).state is State.DONE


def test_the_same_message_five_times_scores_once(database, store, tenant, verifier):
    job_id = submit_image(database, store, tenant)
    assert [verifier.drain([job_id]) for _ in range(5)] == [1, 0, 0, 0, 0]
    assert get(database, tenant, job_id).attempt == 1


def test_one_message_drains_a_whole_backlog_interactive_first(database, store, tenant, verifier):
    data = picture()
    for _ in range(20):
        submit_image(database, store, tenant, data, lane=Lane.BULK)
    quick = submit_image(database, store, tenant, data)
    assert verifier.drain([]) == 21
    with database.transaction() as connection:
        first = connection.execute("SELECT id FROM jobs ORDER BY finished_at, lane DESC LIMIT 1").fetchone()
    assert first["id"] == quick


def test_a_damaged_champion_leaves_the_one_before_it_in_service(database, store, tenant, verifier, shipped, tmp_path):
    first = submit_image(database, store, tenant)
    verifier.drain([first])
    damaged = tmp_path / "damaged"
    shutil.copytree(scoring.SHIPPED / shipped, damaged)
    card = (damaged / "card.json").read_text()
    (damaged / "card.json").write_text(card.replace(f'"{shipped}"', '"0.1.1"'))
    models.register(database, store, damaged, origin="imported")
    with database.transaction() as connection:
        lifecycle.promote(connection, "0.1.1", by=None, why="a test")
    second = submit_image(database, store, tenant)
    verifier.drain([second])
    assert get(database, tenant, second).result["model"]["version"] == shipped


def test_the_next_champion_scores_without_a_restart_and_the_old_one_stays_for_who_pinned_it(
    database, store, tenant, verifier, shipped, tmp_path
):
    before, pinned = submit_image(database, store, tenant), make_tenant(database, "pinned")
    change_policy(database, pinned, model=shipped)
    verifier.drain([])
    models.register(database, store, copy_of_shipped(tmp_path / "next", "0.9.0"), origin="imported")
    with database.transaction() as connection:
        lifecycle.promote(connection, "0.9.0", by=None, why="a test")
    after, theirs = submit_image(database, store, tenant), submit_image(database, store, pinned)
    assert verifier.drain([]) == 2
    results = [get(database, *one).result for one in ((tenant, before), (tenant, after), (pinned, theirs))]
    assert [result["model"]["version"] for result in results] == [shipped, "0.9.0", shipped]
    assert len({result["ai_probability"] for result in results}) == 1


def test_a_pinned_version_that_is_not_there_releases_the_job(database, store, tenant, verifier):
    change_policy(database, tenant, model="9.9.9")
    job_id = submit_image(database, store, tenant)
    verifier.drain([job_id])
    assert get(database, tenant, job_id).state is State.QUEUED


def test_a_claim_that_expired_meanwhile_writes_no_result(database, store, tenant, verifier):
    submit_image(database, store, tenant)
    [stale] = claim(database, lease=timedelta(seconds=-1))
    with database.transaction() as connection:
        leases.take_back_expired(connection, lease=timedelta(seconds=-1), limit=10)
    verifier.drain([])
    with database.transaction() as connection:
        row = connection.execute("SELECT attempt, state FROM jobs WHERE id = %s", (stale.id,)).fetchone()
    assert row == {"attempt": 2, "state": "done"}


def test_a_model_cache_that_cannot_be_written_is_no_jobs_fault(database, store, tenant, verifier, tmp_path):
    (tmp_path / "models").write_text("a file where a folder should be")
    job_id = submit_image(database, store, tenant)
    verifier.drain([job_id])
    with database.transaction() as connection:
        row = connection.execute("SELECT state, failures, crashes FROM jobs").fetchone()
    assert row == {"state": "queued", "failures": 0, "crashes": 0}
