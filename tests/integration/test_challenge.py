"""A challenger beside the champion in a scoring process: in shadow, as canary, and when it breaks."""

import hashlib
import io
from collections import Counter
from datetime import timedelta

import pytest

from services.worker.models import ModelShelf
from services.worker.verify import Verifier
from shared.decoding.decoder import Decoder
from shared.domain.job import State
from shared.domain.lifecycle import VersionState, falls_in
from shared.errors import Outage
from shared.imaging.limits import Limits
from shared.storage import jobs, leases, lifecycle, models
from shared.storage.lifecycle import Cause
from tests.integration.factories import change_policy, claim, get, make_tenant, picture, submit_image
from tests.models import TILED, brightness

CHAMPION, CHALLENGER = "100.0.0", "100.1.0"
DARK, GREY, WHITE = (40, 40, 40), (128, 128, 128), (255, 255, 255)


@pytest.fixture
def champion(database, store, tmp_path):
    models.register(database, store, brightness(tmp_path / CHAMPION, CHAMPION), origin="imported")
    with database.transaction() as connection:
        lifecycle.promote(connection, CHAMPION, by=None, why="a test")


@pytest.fixture
def challenge(database, store, champion, tmp_path):
    """Registers a challenger and puts it into a state."""

    def put(state, **how):
        models.register(database, store, brightness(tmp_path / CHALLENGER, CHALLENGER, **how), origin="imported")
        with database.transaction() as connection:
            lifecycle.enter(connection, CHALLENGER, run_id=None, by=None, why="a test")
            if state is VersionState.CANARY:
                lifecycle.advance(connection, CHALLENGER, state, Cause(why="a test"), automatic=True)

    return put


@pytest.fixture
def scorer(database, store, doorbell, settings, champion, tmp_path):
    """Makes scoring processes that share nothing but the servers."""
    made = []

    def make(**changes):
        own = settings.model_copy(
            update={"model_cache": tmp_path / f"cache{len(made)}", "model_poll_seconds": 0.001, **changes}
        )
        decoder = Decoder(Limits(max_pixels=1_000_000, max_side=4000), seconds=10, memory_bytes=2 << 30)
        verifier = Verifier(
            database=database,
            store=store,
            doorbell=doorbell,
            decoder=decoder,
            shelf=ModelShelf(database, store, own),
            settings=own,
            name=f"test{len(made)}",
        )
        made.append(verifier)
        return verifier

    yield make
    for verifier in made:
        verifier.close()


def compared(database):
    with database.transaction() as connection:
        return connection.execute("SELECT * FROM shadow_scores ORDER BY job_id").fetchall()


def result(database, tenant, job_id):
    job = get(database, tenant, job_id)
    assert job.state is State.DONE, job
    return job.result


def version(database, tenant, job_id):
    return result(database, tenant, job_id)["model"]["version"]


def grey(level):
    return picture((level, level, level))


class TestShadow:
    def test_both_score_and_the_champion_answers(self, database, store, tenant, scorer, challenge):
        challenge(VersionState.SHADOW, calibration={"temperature": 1.0, "bias": 3.0})
        job_id = submit_image(database, store, tenant, grey(108))
        scorer(shadow_share=1).drain([job_id])
        answered = result(database, tenant, job_id)
        [row] = compared(database)
        assert (answered["model"]["version"], answered["verdict"]) == (CHAMPION, "uncertain")
        assert (row["champion"], row["champion_score"], row["champion_verdict"]) == (
            CHAMPION,
            answered["ai_probability"],
            "uncertain",
        )
        assert (row["challenger"], row["phase"], row["verdict"], row["error"]) == (
            CHALLENGER,
            "shadow",
            "likely_ai",
            None,
        )
        assert (row["job_id"], row["tenant_id"], row["lane"]) == (job_id, tenant, "interactive")

    def test_its_share_is_drawn_by_the_pictures_hash(self, database, store, tenant, scorer, challenge):
        challenge(VersionState.SHADOW)
        images = [grey(level) for level in range(60, 100)]
        for image in images:
            submit_image(database, store, tenant, image)
        scorer(shadow_share=0.5).drain([])
        hashes = {hashlib.sha256(image).digest() for image in images}
        drawn = {sha256 for sha256 in hashes if falls_in(0.5, sha256, CHALLENGER, VersionState.SHADOW)}
        assert 0 < len(drawn) < len(hashes)
        assert {row["sha256"] for row in compared(database)} == drawn

    def test_a_picture_counts_once_whoever_sends_it(self, database, store, tenant, scorer, challenge):
        challenge(VersionState.SHADOW)
        other = make_tenant(database, "other")
        for owner in (tenant, tenant, other):
            submit_image(database, store, owner)
        scorer(shadow_share=1).drain([])
        assert len(compared(database)) == 1

    def test_a_tenant_with_a_pin_is_left_out(self, database, store, tenant, scorer, challenge):
        challenge(VersionState.SHADOW)
        change_policy(database, tenant, model=CHAMPION)
        submit_image(database, store, tenant)
        scorer(shadow_share=1).drain([])
        assert compared(database) == []

    def test_one_that_wants_other_tiles_gets_them(self, database, store, tenant, scorer, challenge):
        challenge(VersionState.SHADOW, input={**TILED, "width": 8, "height": 8})
        job_id = submit_image(database, store, tenant, grey(120))
        scorer(shadow_share=1).drain([])
        [row] = compared(database)
        assert row["score"] == pytest.approx(result(database, tenant, job_id)["ai_probability"], abs=0.01)

    def test_what_was_compared_goes_with_its_job(self, database, store, tenant, scorer, challenge):
        challenge(VersionState.SHADOW)
        job_id = submit_image(database, store, tenant)
        scorer(shadow_share=1).drain([])
        assert compared(database)
        with database.transaction() as connection:
            jobs.erase(connection, tenant, job_id)
        assert compared(database) == []

    def test_of_a_job_that_was_erased_meanwhile_nothing_is_kept(
        self, database, store, tenant, scorer, challenge, monkeypatch
    ):
        challenge(VersionState.SHADOW)
        job_id = submit_image(database, store, tenant)
        verifier = scorer(shadow_share=1)
        compare = verifier._challenge.compare

        def late(scored, deadline):
            with database.transaction() as connection:
                jobs.erase(connection, tenant, job_id)
            compare(scored, deadline)

        monkeypatch.setattr(verifier._challenge, "compare", late)
        verifier.drain([])
        assert compared(database) == []


class TestCanary:
    def test_a_picture_has_one_verdict_whoever_sends_it_and_whichever_process_scores(
        self, database, store, tenant, scorer, challenge
    ):
        challenge(VersionState.CANARY, calibration={"temperature": 1.0, "bias": 3.0})
        other = make_tenant(database, "other")
        images = [grey(level) for level in range(100, 124)]
        by_image = {image: [] for image in images}
        for verifier, owner in ((scorer(canary_share=0.5), tenant), (scorer(canary_share=0.5), other)):
            sent = {submit_image(database, store, owner, image): image for image in images for _ in range(2)}
            verifier.drain([])
            for job_id, image in sent.items():
                answer = result(database, owner, job_id)
                by_image[image].append((answer["model"]["version"], answer["ai_probability"], answer["verdict"]))
        assert {len(answers) for answers in by_image.values()} == {4}
        assert all(len(set(answers)) == 1 for answers in by_image.values())
        for image, [(answered_by, *_), *_] in by_image.items():
            drawn = falls_in(0.5, hashlib.sha256(image).digest(), CHALLENGER, VersionState.CANARY)
            assert answered_by == (CHALLENGER if drawn else CHAMPION)

    def test_the_champions_score_stands_beside(self, database, store, tenant, scorer, challenge):
        challenge(VersionState.CANARY, calibration={"temperature": 1.0, "bias": 3.0})
        job_id = submit_image(database, store, tenant, grey(108))
        scorer(canary_share=1).drain([])
        answered = result(database, tenant, job_id)
        [row] = compared(database)
        assert (answered["model"]["version"], answered["verdict"]) == (CHALLENGER, "likely_ai")
        assert (row["phase"], row["score"], row["verdict"]) == ("canary", answered["ai_probability"], "likely_ai")
        assert (row["champion"], row["champion_verdict"]) == (CHAMPION, "uncertain")

    def test_a_tenant_with_a_pin_keeps_it(self, database, store, tenant, scorer, challenge):
        challenge(VersionState.CANARY)
        change_policy(database, tenant, model=CHAMPION)
        job_id = submit_image(database, store, tenant)
        scorer(canary_share=1).drain([])
        assert version(database, tenant, job_id) == CHAMPION
        assert compared(database) == []

    def test_once_it_is_stopped_the_champion_answers(self, database, store, tenant, scorer, challenge):
        challenge(VersionState.CANARY)
        verifier = scorer(canary_share=1)
        first = submit_image(database, store, tenant)
        verifier.drain([])
        with database.transaction() as connection:
            lifecycle.advance(connection, CHALLENGER, VersionState.STOPPED, Cause(why="a test"), automatic=True)
        second = submit_image(database, store, tenant)
        verifier.drain([])
        assert [version(database, tenant, one) for one in (first, second)] == [CHALLENGER, CHAMPION]

    def test_a_job_over_which_a_worker_died_is_the_champions(self, database, store, tenant, scorer, challenge):
        challenge(VersionState.CANARY)
        job_id = submit_image(database, store, tenant)
        claim(database, lease=timedelta(seconds=-1))
        with database.transaction() as connection:
            leases.take_back_expired(connection, lease=timedelta(seconds=-1), limit=10)
        scorer(canary_share=1).drain([])
        assert version(database, tenant, job_id) == CHAMPION
        assert [row["error"].partition(":")[0] for row in compared(database)] == ["crashed"]


@pytest.mark.parametrize("state", [VersionState.SHADOW, VersionState.CANARY])
class TestBroken:
    def everything_is_done_by_the_champion(self, database, store, tenant, verifier, images):
        ids = [submit_image(database, store, tenant, image) for image in images]
        assert verifier.drain([]) == len(images)
        with database.transaction() as connection:
            counted = connection.execute(
                "SELECT sum(failures + crashes) AS n, max(attempt) AS tries FROM jobs"
            ).fetchone()
        assert counted == {"n": 0, "tries": 1}
        return Counter(version(database, tenant, job_id) for job_id in ids)

    def test_a_challenger_that_fails_on_some_pictures_costs_no_job(
        self, database, store, tenant, scorer, challenge, state
    ):
        challenge(state, breaks_on_white=True)
        images = [picture(WHITE, (32, 32 + number)) for number in range(6)]
        done = self.everything_is_done_by_the_champion(
            database, store, tenant, scorer(shadow_share=1, canary_share=1), images
        )
        assert done == {CHAMPION: 6}
        assert {(row["phase"], row["error"].partition(":")[0]) for row in compared(database)} == {(state, "Unscorable")}
        assert len(compared(database)) == 6

    def test_a_challenger_that_does_not_load_costs_no_job(self, database, store, tenant, scorer, challenge, state):
        challenge(state)
        store.put_model(CHALLENGER, {"model.onnx": io.BytesIO(b"no model at all")})
        images = [grey(level) for level in range(6)]
        done = self.everything_is_done_by_the_champion(
            database, store, tenant, scorer(shadow_share=1, canary_share=1), images
        )
        assert done == {CHAMPION: 6}
        assert [row["score"] for row in compared(database)] == [None] * 6

    def test_one_picture_that_it_fails_on_is_one_error(self, database, store, tenant, scorer, challenge, state):
        challenge(state, breaks_on_white=True)
        images = [picture(WHITE), *(grey(level) for level in range(100, 107))]
        done = self.everything_is_done_by_the_champion(
            database, store, tenant, scorer(shadow_share=1, canary_share=1, batch_size=8), images
        )
        answered = CHALLENGER if state is VersionState.CANARY else CHAMPION
        assert done == Counter({CHAMPION: 1}) + Counter({answered: 7})
        assert Counter(row["error"] is None for row in compared(database)) == {True: 7, False: 1}

    def test_an_object_store_that_is_away_says_nothing_of_it(
        self, database, store, tenant, scorer, challenge, state, monkeypatch
    ):
        challenge(state)
        verifier = scorer(shadow_share=1, canary_share=1)
        get_model = verifier._store.get_model

        def away(version, into):
            if version == CHALLENGER:
                raise Outage("objects", "away")
            get_model(version, into)

        monkeypatch.setattr(verifier._store, "get_model", away)
        done = self.everything_is_done_by_the_champion(database, store, tenant, verifier, [grey(100), grey(101)])
        assert done == {CHAMPION: 2}
        assert compared(database) == []


def test_a_tenant_that_pinned_the_canary_itself_keeps_its_jobs_when_a_canary_breaks(
    database, store, tenant, scorer, challenge
):
    challenge(VersionState.CANARY, breaks_on_white=True)
    pinned = make_tenant(database, "pinned")
    change_policy(database, pinned, model=CHALLENGER)
    theirs = submit_image(database, store, pinned, grey(100))
    broken = submit_image(database, store, tenant, picture(WHITE))
    assert scorer(canary_share=1, batch_size=8).drain([]) == 2
    assert version(database, pinned, theirs) == CHALLENGER
    assert version(database, tenant, broken) == CHAMPION
