"""What the sweeper does with a challenger by its figures, and what it measures of drift."""

import random
import time

import pytest

from services.worker import housekeeping
from services.worker.rollout import Rollout
from shared.domain.drift import BINS, psi
from shared.domain.job import Outcome, State
from shared.domain.lifecycle import VersionState
from shared.storage import comparisons, drift, lifecycle, models, reviews
from shared.storage.lifecycle import Cause
from tests.integration.factories import claim, finish, make_tenant, submit_link
from tests.models import brightness

CHAMPION, CHALLENGER = "100.0.0", "100.1.0"
SOON = {"shadow_hours": 0, "shadow_images": 100, "canary_hours": 0, "canary_images": 100}


@pytest.fixture
def two(database, store, tmp_path):
    """A champion, and a challenger in shadow."""
    for version in (CHAMPION, CHALLENGER):
        models.register(database, store, brightness(tmp_path / version, version), origin="imported")
    with database.transaction() as connection:
        lifecycle.promote(connection, CHAMPION, by=None, why="a test")
        lifecycle.enter(connection, CHALLENGER, run_id=None, by=None, why="a test")


@pytest.fixture
def rollout(database, settings):
    def make(**changes):
        return Rollout(database, settings.model_copy(update={**SOON, **changes}))

    return make


def to_canary(database):
    with database.transaction() as connection:
        lifecycle.advance(connection, CHALLENGER, VersionState.CANARY, Cause(why="a test"), automatic=True)


def add(database, tenant, n, *, phase="shadow", champion=(0.1, "likely_human"), challenger=(0.1, "likely_human")):
    """Pictures of which champion and challenger said so; a challenger of None failed."""
    score, verdict = challenger or (None, None)
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO shadow_scores (challenger, phase, sha256, job_id, tenant_id, lane, score, verdict, champion,"
            " champion_score, champion_verdict, error) SELECT %s, %s, sha256(uuidv7()::text::bytea), uuidv7(), %s, 'bulk',"
            " %s, %s, %s, %s, %s, %s FROM generate_series(1, %s)",
            (CHALLENGER, phase, tenant, score, verdict, CHAMPION, *champion, None if challenger else "broke", n),
        )


def done(database, tenant, count, *, version, score=0.9, verdict="likely_ai", review=None):
    """Jobs that are done under a version, perhaps each with a review."""
    for _ in range(count):
        job_id = submit_link(database, tenant)
        with database.transaction() as connection:
            connection.execute("UPDATE jobs SET stage = 'score' WHERE id = %s", (job_id,))
        [held] = claim(database, named=[job_id], limit=1)
        result = {"ai_probability": score, "verdict": verdict, "model": {"version": version}}
        finish(database, Outcome(job_id=held.id, fence=held.fence, state=State.DONE, result=result))
        if review:
            with database.transaction() as connection:
                reviews.add(connection, tenant, job_id, label=review, reason="a test", reviewer="a test")


def state(database):
    with database.transaction() as connection:
        return lifecycle.state(connection, CHALLENGER)["state"]


def last_move(database):
    with database.transaction() as connection:
        return lifecycle.moves(connection, CHALLENGER)[0]


def champion(database):
    with database.transaction() as connection:
        return lifecycle.state(connection, "champion")["version"]


def test_a_faultless_challenger_goes_step_by_step_to_champion(database, tenant, two, rollout):
    sweeping = rollout()
    assert sweeping.look() is None
    add(database, tenant, 100)
    assert sweeping.look() is VersionState.CANARY
    assert sweeping.look() is None
    add(database, tenant, 100, phase="canary")
    assert sweeping.look() is VersionState.CHAMPION
    assert champion(database) == CHALLENGER
    assert last_move(database)["numbers"]["n"] == 100
    assert sweeping.look() is None


def test_hours_are_waited_for(database, tenant, two, rollout):
    add(database, tenant, 200)
    assert rollout(shadow_hours=1).look() is None
    with database.transaction() as connection:
        connection.execute("UPDATE model_states SET since = now() - interval '61 minutes'")
    assert rollout(shadow_hours=1).look() is VersionState.CANARY


def test_what_is_configured_to_nothing_is_gone_through_at_once(database, two, rollout):
    sweeping = rollout(shadow_images=0, canary_images=0)
    assert [sweeping.look(), sweeping.look()] == [VersionState.CHAMPION, None]


def test_frozen_it_stays_and_is_still_stopped(database, tenant, two, rollout):
    with database.transaction() as connection:
        lifecycle.set_freeze(connection, frozen=True, by=None, why="a fair week")
    add(database, tenant, 100)
    assert rollout().look() is None
    add(database, tenant, 3, challenger=None)
    assert rollout().look() is VersionState.STOPPED


CAUSES = {
    "errors": {"challenger": None},
    "human_to_ai": {"challenger": (0.9, "likely_ai")},
    "changed": {"champion": (0.85, "likely_ai"), "challenger": (0.15, "likely_human")},
    "uncertain": {"champion": (0.16, "likely_human"), "challenger": (0.24, "uncertain")},
    "psi": {"champion": (0.45, "uncertain"), "challenger": (0.55, "uncertain")},
}


@pytest.mark.parametrize("phase", [VersionState.SHADOW, VersionState.CANARY])
@pytest.mark.parametrize("cause", CAUSES)
def test_it_is_stopped_by_each_cause_in_either_phase(database, tenant, two, rollout, cause, phase):
    if phase is VersionState.CANARY:
        to_canary(database)
    add(database, tenant, 400, phase=phase)
    most = {"challenger_uncertain": 0.1} if cause == "uncertain" else {}
    add(database, tenant, 130, phase=phase, **CAUSES[cause])
    sweeping = rollout(challenger_changed=1 if cause in {"human_to_ai", "uncertain"} else 0.1, **most)
    assert sweeping.look() is VersionState.STOPPED
    move = last_move(database)
    assert move["why"].startswith(f"{cause}:"), move["why"]
    assert (move["key_id"], move["numbers"]["errors"]) == (None, 130 if cause == "errors" else 0)
    with database.transaction() as connection:
        assert lifecycle.challenger(connection) is None
    assert champion(database) == CHAMPION


def test_a_second_trial_is_not_judged_by_the_first(database, tenant, two, rollout):
    add(database, tenant, 5, challenger=None)
    assert rollout().look() is VersionState.STOPPED
    with database.transaction() as connection:
        lifecycle.enter(connection, CHALLENGER, run_id=None, by=None, why="mended")
    assert rollout().look() is None
    add(database, tenant, 100)
    assert rollout().look() is VersionState.CANARY


def test_people_who_overturn_its_verdicts_stop_a_canary(database, tenant, two, rollout):
    to_canary(database)
    done(database, tenant, 30, version=CHAMPION, review="ai")
    done(database, tenant, 6, version=CHALLENGER, review="ai")
    assert rollout().look() is None
    done(database, tenant, 6, version=CHALLENGER, review="human")
    assert rollout().look() is VersionState.STOPPED
    assert last_move(database)["why"] == (
        "overturned: people overturned 6 of 12 of its verdicts, and 0 of 30 of the champion's"
    )


def test_the_last_review_of_a_verdict_counts_and_unsure_is_none(database, tenant, two):
    to_canary(database)
    done(database, tenant, 1, version=CHALLENGER, review="human")
    done(database, tenant, 1, version=CHALLENGER, review="unsure")
    with database.transaction() as connection:
        job_id = connection.execute("SELECT id FROM jobs ORDER BY id LIMIT 1").fetchone()["id"]
        reviews.add(connection, tenant, job_id, label="ai", reason="after all", reviewer="a test")
        since = lifecycle.challenger(connection)["since"]
        seen = comparisons.compare(connection, CHALLENGER, VersionState.CANARY, reviews_since=since)
    assert (seen.challenger_reviews.reviewed, seen.challenger_reviews.overturned) == (1, 0)


def test_the_report_counts_pictures_tenants_and_directions(database, tenant, two):
    add(database, tenant, 30)
    add(database, make_tenant(database, "other"), 10, challenger=(1.0, "likely_ai"))
    add(database, tenant, 2, challenger=None)
    with database.transaction() as connection:
        seen = comparisons.compare(connection, CHALLENGER, VersionState.SHADOW, reviews_since=None)
    assert (seen.n, seen.tenants, seen.errors, seen.changed, seen.human_to_ai) == (40, 2, 2, 10, 10)
    assert (seen.champion_bins[1], seen.challenger_bins[1], seen.challenger_bins[9]) == (40, 30, 10)


def test_old_comparisons_are_forgotten_and_the_moves_keep_their_figures(
    database, store, tenant, two, rollout, settings
):
    add(database, tenant, 100)
    rollout().look()
    with database.transaction() as connection:
        connection.execute("UPDATE shadow_scores SET created_at = now() - interval '31 days'")
    housekeeping.maintain(database, store, settings)
    with database.transaction() as connection:
        assert connection.execute("SELECT count(*) AS n FROM shadow_scores").fetchone()["n"] == 0
    assert last_move(database)["numbers"]["n"] == 100


class TestDrift:
    def fill(self, database, tenant, scores, *, version=CHAMPION):
        """Done jobs with these scores in this order, as the trigger of the states lets them through."""
        with database.transaction() as connection:
            connection.execute(
                "INSERT INTO jobs (tenant_id, stage, lane, url, metadata)"
                " SELECT %s, 'score', 'bulk', 'x', json_build_object('n', n) FROM generate_series(1, %s) AS n",
                (tenant, len(scores)),
            )
            connection.execute(
                "UPDATE jobs SET state = 'running', lease_until = now() WHERE state = 'queued' AND tenant_id = %s",
                (tenant,),
            )
            connection.execute(
                "UPDATE jobs SET state = 'done', lease_until = NULL, score = said.score, finished_at = now(),"
                " verdict = CASE WHEN said.score <= 0.2 THEN 'likely_human' WHEN said.score >= 0.8 THEN 'likely_ai'"
                " ELSE 'uncertain' END,"
                " result = json_build_object('ai_probability', said.score, 'model', json_build_object('version', %s::text),"
                " 'advisory', repeat('x', 1200))"
                " FROM unnest(%s::float8[]) WITH ORDINALITY AS said (score, n)"
                " WHERE state = 'running' AND tenant_id = %s AND (metadata ->> 'n')::bigint = said.n",
                (version, scores, tenant),
            )

    def measured(self, database):
        with database.transaction() as connection:
            drift.measure(connection)
            return {(row["tenant"], row["version"]): row for row in drift.figures(connection)}

    def test_known_scores_have_known_figures(self, database, tenant):
        early = [0.05] * 700 + [0.95] * 300
        late = [0.05] * 200 + [0.5] * 400 + [0.95] * 200
        self.fill(database, tenant, early)
        assert self.measured(database)["all", CHAMPION]["psi"] == pytest.approx(0, abs=1e-9)
        self.fill(database, tenant, late)
        figures = self.measured(database)
        reference, now = [0] * BINS, [0] * BINS
        reference[0], reference[9] = 700, 300
        now[0], now[5], now[9] = 900, 400, 500
        for whose in (str(tenant), "all"):
            row = figures[whose, CHAMPION]
            assert row["scored"] == 1800
            assert row["psi"] == pytest.approx(psi(reference, now))
            assert row["uncertain"] == pytest.approx(400 / 1800)
        assert row["psi"] > 0.25

    def test_too_few_scores_have_no_index(self, database, tenant):
        self.fill(database, tenant, [0.5] * 999)
        row = self.measured(database)["all", CHAMPION]
        assert (row["scored"], row["psi"], row["uncertain"]) == (999, None, 1.0)

    def test_each_version_has_its_own_reference(self, database, tenant):
        self.fill(database, tenant, [0.05] * 1000)
        self.fill(database, tenant, [0.95] * 1000, version=CHALLENGER)
        figures = self.measured(database)
        assert [figures["all", version]["psi"] for version in (CHAMPION, CHALLENGER)] == pytest.approx([0, 0])

    def test_the_busiest_tenants_have_their_own_figures_and_the_rest_are_one(self, database):
        owners = [make_tenant(database, f"tenant-{number}") for number in range(drift.TENANTS + 3)]
        for number, owner in enumerate(owners):
            self.fill(database, owner, [0.5] * (20 - number))
        figures = self.measured(database)
        named = {str(owner) for owner in owners[: drift.TENANTS]}
        assert {tenant for tenant, _ in figures} == {*named, "other", "all"}
        assert figures["other", CHAMPION]["scored"] == 10 + 9 + 8

    def test_what_people_overturned_is_counted_by_tenant_and_version(self, database, tenant):
        done(database, tenant, 3, version=CHAMPION, review="ai")
        done(database, tenant, 2, version=CHAMPION, review="human")
        done(database, tenant, 1, version=CHAMPION, score=0.5, verdict="uncertain", review="human")
        row = self.measured(database)[str(tenant), CHAMPION]
        assert (row["scored"], row["reviewed"], row["overturned"]) == (6, 5, 2)

    def test_a_hundred_thousand_jobs_of_a_day_are_measured_within_seconds(self, database, say):
        rng = random.Random(1)
        for number in range(20):
            self.fill(database, make_tenant(database, f"tenant-{number}"), [rng.random() for _ in range(5000)])
        with database.transaction() as connection:
            connection.execute("ANALYZE jobs")
        seconds = []
        for _ in range(3):
            began = time.perf_counter()
            figures = self.measured(database)
            seconds.append(time.perf_counter() - began)
        assert figures["all", CHAMPION]["scored"] == 100_000
        say(f"drift of 100,000 jobs: {seconds[0]:.2f} s with the references, {min(seconds[1:]):.2f} s without")
        assert min(seconds) < 10


def test_a_challengers_figures_over_its_hundred_thousand_pictures_cost_little(database, tenant, two, say):
    add(database, tenant, 100_000)
    began = time.perf_counter()
    with database.transaction() as connection:
        seen = comparisons.compare(connection, CHALLENGER, VersionState.SHADOW, reviews_since=None)
    say(f"figures of 100,000 compared pictures: {time.perf_counter() - began:.2f} s")
    assert seen.n == comparisons.MOST
