"""What a run considers, admits and refuses, against the real ledger and store."""

import io
from collections import Counter
from uuid import uuid4

import numpy as np
import psycopg
import pytest
from PIL import Image
from structlog.testing import capture_logs

from services.retrainer.harvest.snapshots import take
from shared import pem
from shared.domain.retraining import Harvest, Refusal, RunStage
from shared.domain.tenant import Scope
from shared.errors import ConfigurationError, Outage, Unsigned
from shared.imaging.pdq import pdq
from shared.storage import ledger, models, reviews, spot_checks, tenants
from tests.integration.factories import change_policy, make_tenant
from tests.integration.retraining import (
    TRUSTED_AI,
    decisions,
    draw,
    label,
    lend,
    lender,
    pictured,
    run_harvest,
    waiting,
)
from tests.models import brightness


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A champion's directory: what is bright is AI-generated."""
    return brightness(tmp_path_factory.mktemp("champion") / "2.0.0")


@pytest.fixture
def lent(database):
    return lender(database)


@pytest.fixture
def operator(database, tenant):
    """The id of a key that labels spot checks."""
    with database.transaction() as connection:
        return tenants.create_key(connection, tenant, "operator", {Scope.LABEL})[0]["id"]


def refusal(database, tenant, job_id):
    [decision] = decisions(database, tenant, job_id)
    return decision["refusal"]


def hash_of(data):
    with Image.open(io.BytesIO(data)) as image:
        return pdq(image.convert("RGB")).pdq


def test_what_is_considered_is_admitted_or_refused_and_the_ledger_says_which_and_why(
    database, store, model, settings, lent
):
    human = lend(database, store, lent, pictured(1))
    signed = lend(database, store, lent, pictured(2, 220), score=0.99, provenance=[TRUSTED_AI])
    alone = lend(database, store, lent, pictured(3, 220), score=0.99)
    lend(database, store, lent, pictured(4), score=0.5)  # not confident: not considered
    counted = run_harvest(database, store, model, settings)
    assert counted == Harvest(considered=3, admitted=2, refused={Refusal.NO_SECOND_SIGNAL: 1})
    [admitted] = decisions(database, lent, human)
    assert (admitted["refusal"], admitted["source"], admitted["model"]) == (None, "harvest", "2.0.0")
    assert admitted["label"] == pytest.approx(0.005, abs=1e-5)
    assert admitted["detail"]["prevalence"] == 0.5
    assert decisions(database, lent, signed)[0]["label"] > 0.99
    assert refusal(database, lent, alone) == "no_second_signal"


def test_only_what_both_the_policy_and_the_job_allow_is_considered(database, store, model, settings, lent):
    stranger, former = make_tenant(database, "stranger"), lender(database, "former")
    for tenant in (stranger, former):
        lend(database, store, tenant, pictured(1))
    lend(database, store, lent, pictured(2), allow_training=False)
    change_policy(database, former, allow_training=False)
    assert run_harvest(database, store, model, settings) == Harvest(refused={})


def test_a_share_of_the_jobs_is_considered_the_same_ones_each_time(database, store, model, settings, lent):
    ids = [lend(database, store, lent, pictured(seed)) for seed in range(24)]
    half = run_harvest(database, store, model, settings, update={"harvest_share": 0.5})
    first = {job_id for job_id in ids if decisions(database, lent, job_id)}
    assert 4 < half.considered == len(first) < 20
    assert run_harvest(database, store, model, settings, update={"harvest_share": 0.5}).considered == 0
    assert run_harvest(database, store, model, settings).considered == 24 - len(first)


def test_a_decision_lasts_but_for_the_quarantine(database, store, model, settings, lent):
    job_id = lend(database, store, lent)
    for _ in range(2):
        counted = run_harvest(database, store, model, settings, update={"harvest_quarantine_days": 1.0})
        assert counted.refused == {Refusal.QUARANTINE: 1}
    assert run_harvest(database, store, model, settings).admitted == 1
    assert run_harvest(database, store, model, settings).considered == 0
    assert [decision["refusal"] for decision in decisions(database, lent, job_id)] == [None, "quarantine", "quarantine"]


def test_the_picture_itself_is_looked_at(database, store, model, settings, lent):
    """The row says human, the champion says AI of the picture as it is."""
    job_id = lend(database, store, lent, pictured(5, 220), score=0.01)
    run_harvest(database, store, model, settings)
    [decision] = decisions(database, lent, job_id)
    assert decision["refusal"] == "unstable"
    assert decision["detail"]["flips"] == decision["detail"]["reencodings"] >= 5


def test_what_cannot_be_read_is_refused_and_costs_the_run_nothing(database, store, model, settings, lent):
    damaged = lend(database, store, lent, b"\x89PNG\r\n\x1a\n" + bytes(200))
    sound = lend(database, store, lent, pictured(1))
    assert run_harvest(database, store, model, settings).refused == {Refusal.UNREADABLE: 1}
    assert decisions(database, lent, damaged)[0]["detail"]["reason"] == "undecodable"
    assert refusal(database, lent, sound) is None


def test_near_duplicates_of_gold_guard_and_earlier_harvests_are_refused(database, store, model, settings, lent):
    ids = [lend(database, store, lent, pictured(seed)) for seed in range(3)]
    guard, gold = [hash_of(pictured(0))], [hash_of(pictured(1))]
    counted = run_harvest(database, store, model, settings, gold=gold, guard=guard)
    assert [refusal(database, lent, job_id) for job_id in ids] == ["near_guard", "near_gold", None]
    again = lend(database, store, lent, pictured(2) + b"appended")
    assert run_harvest(database, store, model, settings).refused == {Refusal.NEAR_HARVEST: 1}
    assert refusal(database, lent, again) == "near_harvest"
    assert counted.considered == 3


def test_a_harvest_that_was_killed_goes_on_and_counts_everything_once(database, store, model, settings, lent):
    for seed in range(4):
        lend(database, store, lent, pictured(seed))
    lend(database, store, lent, pictured(9, 220), score=0.99)
    run_id, looked = uuid4(), Counter()

    def killed(progress):
        assert progress.stage is RunStage.HARVEST
        assert progress.total == 4
        looked["before"] += 1
        if progress.done == 2:
            raise Outage("objects", "gone")

    with pytest.raises(Outage):
        run_harvest(database, store, model, settings, run_id, killed)
    with database.transaction() as connection:
        assert len(ledger.looks(connection, run_id)) == 2
    counting = CountingStore(store)
    counted = run_harvest(database, counting, model, settings, run_id)
    assert counting.read == 2
    assert counted == Harvest(considered=5, admitted=4, refused={Refusal.NO_SECOND_SIGNAL: 1})
    assert run_harvest(database, store, model, settings, run_id) == counted
    with database.transaction() as connection:
        assert ledger.looks(connection, run_id) == {}


class CountingStore:
    """The real store, with a count of the images that were read."""

    def __init__(self, store):
        self._store = store
        self.read = 0

    def get_image(self, *of):
        self.read += 1
        return self._store.get_image(*of)


def test_a_tenants_own_reviews_change_nothing_here(database, store, model, settings, lent):
    job_id = lend(database, store, lent)
    with database.transaction() as connection:
        reviews.add(connection, lent, job_id, label="ai", reason="so they say", reviewer="theirs")
    run_harvest(database, store, model, settings)
    [decision] = decisions(database, lent, job_id)
    assert (decision["refusal"], decision["source"]) == (None, "harvest")
    assert decision["label"] < 0.05


def test_an_operators_label_becomes_gold_whatever_the_score_and_the_lot(
    database, store, model, settings, lent, operator
):
    job_id = lend(database, store, lent, score=0.6)
    draw(database)
    label(database, job_id, "ai", operator)
    assert run_harvest(database, store, model, settings, update={"harvest_share": 0.0}).admitted == 1
    [decision] = decisions(database, lent, job_id)
    assert (decision["source"], decision["label"], decision["weight"]) == ("gold", 1.0, 1.0)


def test_an_operators_label_replaces_what_was_harvested_before(database, store, model, settings, lent, operator):
    job_id = lend(database, store, lent)
    run_harvest(database, store, model, settings)
    draw(database)
    label(database, job_id, "ai", operator)
    run_id = uuid4()
    assert run_harvest(database, store, model, settings, run_id).admitted == 1
    with database.transaction() as connection:
        [reference] = take(connection, run_id, settings).references
    assert (reference.label, reference.source) == (1.0, "gold")
    assert run_harvest(database, store, model, settings).considered == 0


def test_a_regression_case_trains_nothing_and_neither_does_what_is_near_to_it(
    database, store, model, settings, lent, operator
):
    case = lend(database, store, lent, pictured(0))
    run_harvest(database, store, model, settings)
    draw(database)
    label(database, case, "ai", operator, regression=True)
    lend(database, store, lent, pictured(0) + b"appended")
    run_id = uuid4()
    assert run_harvest(database, store, model, settings, run_id).refused == {Refusal.NEAR_GUARD: 1}
    with database.transaction() as connection:
        taken = take(connection, run_id, settings)
        [kept] = spot_checks.regression_cases(connection)
    assert (taken.references, taken.cases) == ([], {str(kept["id"]): "ai"})
    assert (kept["job_id"], kept["label"], len(kept["pdq"])) == (case, "ai", 32)


def test_a_regression_case_that_no_harvest_has_read_is_in_no_snapshot(database, store, model, settings, lent, operator):
    """Nothing was kept apart from it: it judges from the next run on."""
    case, run_id = lend(database, store, lent, pictured(0)), uuid4()
    run_harvest(database, store, model, settings, run_id)
    draw(database)
    label(database, case, "ai", operator, regression=True)
    with database.transaction() as connection:
        assert take(connection, run_id, settings).cases == {}


def test_what_was_admitted_before_its_picture_came_to_judge_teaches_no_more(
    database, store, model, settings, lent, operator
):
    """Once as gold of the guard, once as another job's regression case."""
    guarded, twin, kept = (lend(database, store, lent, pictured(seed)) for seed in range(3))
    run_harvest(database, store, model, settings)
    case = lend(database, store, lent, pictured(1))
    draw(database)
    label(database, case, "ai", operator, regression=True)
    run_id, guard = uuid4(), [hash_of(pictured(0))]
    run_harvest(database, store, model, settings, run_id, guard=guard)
    with database.transaction() as connection:
        taken = take(connection, run_id, settings, apart_from=guard)
    assert [decisions(database, lent, job_id)[0]["refusal"] for job_id in (guarded, twin, kept)] == [None] * 3
    assert [reference.job_id for reference in taken.references] == [kept]
    assert (taken.taken, taken.new, taken.near_guard) == (1, 1, 2)


def test_random_spot_checks_move_the_prevalence_that_labels_are_judged_by(
    database, store, model, settings, lent, operator
):
    checked = [lend(database, store, lent, pictured(seed), score=0.5) for seed in range(24)]
    assert draw(database, per_day=48) == 24
    for job_id in checked:
        label(database, job_id, "human", operator)
    doubtful = lend(database, store, lent, pictured(99, 92), score=0.15)
    run_harvest(database, store, model, settings)
    [decision] = decisions(database, lent, doubtful)
    assert decision["refusal"] is None
    assert decision["detail"]["prevalence"] < 0.15


def test_a_second_model_must_be_of_another_family(database, store, model, settings, lent, tmp_path):
    models.register(database, store, brightness(tmp_path / "3.0.0", "3.0.0"), origin="imported")
    for version, said in (("3.0.0", "another family"), ("9.9.9", "no model version")):
        with pytest.raises(ConfigurationError, match=said):
            run_harvest(database, store, model, settings, update={"second_model": version})
    models.register(database, store, brightness(tmp_path / "4.0.0", "4.0.0", name="other"), origin="imported")
    job_id = lend(database, store, lent, pictured(1, 220), score=0.99)
    run_harvest(database, store, model, settings, update={"second_model": "4.0.0", "harvest_posterior": 0.7})
    [decision] = decisions(database, lent, job_id)
    assert (decision["refusal"], decision["detail"]["signals"]) == (None, ["second_model"])


def test_a_second_model_is_vouched_for_as_the_champion_is(database, store, model, settings, lent, tmp_path):
    pem.make_key_pair(tmp_path / "model_key.pem", tmp_path / "model_key.pub")
    models.register(database, store, brightness(tmp_path / "4.0.0", "4.0.0", name="other"), origin="imported")
    strict = {"model_signatures": "require", "model_public_key": tmp_path / "model_key.pub", "second_model": "4.0.0"}
    with pytest.raises(Unsigned):
        run_harvest(database, store, model, settings, update=strict)


def test_the_plain_rule_is_said_to_be_unsafe(database, store, model, settings, lent):
    lend(database, store, lent, pictured(1, 220), score=0.99)
    with capture_logs() as logs:
        counted = run_harvest(database, store, model, settings, update={"harvest_rule": "confident"})
    assert [line["log_level"] for line in logs if line["event"] == "harvest_rule_is_unsafe"] == ["warning"]
    assert counted.admitted == 1


def test_the_ledger_is_append_only(database, store, model, settings, lent):
    lend(database, store, lent)
    run_harvest(database, store, model, settings)
    for statement in ("UPDATE ledger SET label = 1", "UPDATE ledger SET withdrawn_at = now()", "DELETE FROM ledger",
                      "TRUNCATE ledger CASCADE"):  # fmt: skip
        with pytest.raises(psycopg.errors.CheckViolation), database.transaction() as connection:
            connection.execute(statement)


def test_spot_checks_are_drawn_from_lent_jobs_alone_and_within_the_days_budget(database, store, lent):
    ids = {lend(database, store, lent, pictured(seed), score=score) for seed, score in enumerate(np.linspace(0, 1, 9))}
    lend(database, store, lent, pictured(50), allow_training=False)
    lend(database, store, make_tenant(database, "stranger"), pictured(51))
    assert draw(database, per_day=0) == 0
    assert draw(database, per_day=7) == 4  # nothing disagrees: that half stays undrawn
    assert draw(database, per_day=7) == 0
    assert waiting(database).keys() < ids


def test_nothing_is_drawn_while_a_weeks_budget_waits_unless_it_is_lent_no_more(database, store, lent):
    other = lender(database, "other")
    for tenant in (lent, other):
        for seed in range(8):
            lend(database, store, tenant, pictured(seed))
    change_policy(database, other, allow_training=False)

    def days_of_drawing(days):
        drawn = 0
        for _ in range(days):
            drawn += draw(database, per_day=1)
            with database.transaction() as connection:
                connection.execute("UPDATE spot_checks SET drawn_at = drawn_at - interval '1 day'")
        return drawn

    assert days_of_drawing(9) == 7
    change_policy(database, lent, allow_training=False)
    change_policy(database, other, allow_training=True)
    assert days_of_drawing(2) == 2


def test_every_lent_job_is_drawn_equally_often(database, store, lent):
    ids = [lend(database, store, lent, pictured(0), score=score) for score in (0.01, 0.5, 0.99)]
    drawn = Counter()
    for _ in range(150):
        assert draw(database, per_day=1) == 1
        drawn.update(waiting(database).keys())
        with database.transaction() as connection:
            connection.execute("DELETE FROM spot_checks")
    assert all(25 < drawn[job_id] < 75 for job_id in ids), drawn


def test_disagreements_are_what_flips_what_is_contradicted_and_what_a_tenant_reviewed_otherwise(
    database, store, model, settings, lent
):
    plain = lend(database, store, lent, pictured(1))
    flips = lend(database, store, lent, pictured(2, 220), score=0.01)
    contradicted = lend(database, store, lent, pictured(3), provenance=[TRUSTED_AI])
    reviewed = lend(database, store, lent, pictured(4))
    with database.transaction() as connection:
        reviews.add(connection, lent, reviewed, label="ai", reason="seen", reviewer="theirs")
    run_harvest(database, store, model, settings)
    spend_the_random_half(database, lent)
    assert draw(database, per_day=100) == 3
    assert waiting_disagreements(database) == {flips, contradicted, reviewed}
    assert plain not in waiting_disagreements(database)


def test_tenants_take_turns_where_something_disagrees(database, store, lent):
    quiet = lender(database, "quiet")
    for tenant, count in ((lent, 12), (quiet, 1)):
        for seed in range(count):
            job_id = lend(database, store, tenant, pictured(seed))
            with database.transaction() as connection:
                reviews.add(connection, tenant, job_id, label="ai", reason="seen", reviewer="theirs")
    spend_the_random_half(database, lent)
    assert draw(database, per_day=4) == 2
    assert job_id in waiting_disagreements(database)


def spend_the_random_half(database, tenant):
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO spot_checks (job_id, tenant_id, kind) SELECT uuidv7(), %s, 'random' FROM generate_series(1, 50)",
            [tenant],
        )


def waiting_disagreements(database):
    with database.transaction() as connection:
        rows = connection.execute("SELECT job_id FROM spot_checks WHERE kind = 'disagreement'").fetchall()
    return {row["job_id"] for row in rows}
