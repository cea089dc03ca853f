from datetime import timedelta

import pytest

from shared.domain.drift import BINS
from shared.domain.lifecycle import VersionState
from shared.domain.rollout import Comparison, Overturned, Plan, decide

PLAN = Plan()
LONG = timedelta(days=3)
EVEN = [200] * BINS


def seen(changes=None, *, same=2000, bins=EVEN, **fields):
    """A comparison without a fault, but for what is given."""
    changes = {("likely_human", "likely_human"): same, **(changes or {})}
    return Comparison(changes=changes, champion_bins=EVEN, challenger_bins=bins, tenants=3, **fields)


def stopped(comparison, state=VersionState.SHADOW):
    decision = decide(state, comparison, LONG, PLAN, frozen=True)
    return decision.why.partition(":")[0] if decision else None


class TestForward:
    def test_shadow_leads_to_canary_and_canary_to_champion(self):
        assert decide(VersionState.SHADOW, seen(), LONG, PLAN, frozen=False).after is VersionState.CANARY
        assert decide(VersionState.CANARY, seen(), LONG, PLAN, frozen=False).after is VersionState.CHAMPION

    def test_too_few_pictures_or_hours_and_it_stays(self):
        assert decide(VersionState.SHADOW, seen(same=999), LONG, PLAN, frozen=False) is None
        assert decide(VersionState.SHADOW, seen(), timedelta(hours=23), PLAN, frozen=False) is None

    def test_a_freeze_holds_it_back(self):
        for state in (VersionState.SHADOW, VersionState.CANARY):
            assert decide(state, seen(), LONG, PLAN, frozen=True) is None

    @pytest.mark.parametrize(
        "nothing", [{"shadow_hours": 0, "shadow_images": 0}, {"shadow_share": 0.0}], ids=["no time", "no share"]
    )
    def test_a_shadow_configured_to_nothing_is_left_at_once(self, nothing):
        decision = decide(VersionState.SHADOW, seen(same=0), timedelta(), Plan(**nothing), frozen=False)
        assert decision.after is VersionState.CANARY

    def test_without_shadow_and_canary_it_goes_straight_on(self):
        plan = Plan(shadow_share=0, canary_share=0)
        assert decide(VersionState.SHADOW, seen(same=0), timedelta(), plan, frozen=False).after is VersionState.CHAMPION


class TestStops:
    def test_faultless_is_not_stopped(self):
        assert stopped(seen()) is None

    def test_errors(self):
        assert stopped(seen(errors=21)) == "errors"
        assert stopped(seen(errors=19)) is None
        assert stopped(seen(same=0, errors=3)) == "errors"
        assert stopped(seen(same=0, errors=2)) is None

    def test_changed_verdicts(self):
        assert stopped(seen({("uncertain", "likely_human"): 900}, same=1100)) == "changed"
        assert (
            stopped(seen({("uncertain", "likely_human"): 250, ("likely_human", "uncertain"): 250}, same=1500)) is None
        )

    def test_human_to_ai(self):
        assert stopped(seen({("likely_human", "likely_ai"): 80}, same=1920)) == "human_to_ai"
        assert stopped(seen({("likely_ai", "likely_human"): 80}, same=1920)) is None
        assert stopped(seen({("likely_human", "likely_ai"): 42}, same=1958)) is None

    def test_a_limit_that_a_few_pictures_are_over_by_chance(self):
        assert stopped(seen({("likely_human", "likely_ai"): 4}, same=116)) is None

    def test_a_phase_of_few_pictures_is_judged_at_its_end(self):
        plan = Plan(shadow_hours=1, shadow_images=20)
        few = seen({("likely_human", "likely_ai"): 10}, same=10)
        assert decide(VersionState.SHADOW, few, timedelta(minutes=59), plan, frozen=False) is None
        assert decide(VersionState.SHADOW, few, LONG, plan, frozen=False).after is VersionState.STOPPED

    def test_scores_that_move(self):
        moved = [1000, 1000, 0, 0, 0, 0, 0, 0, 0, 0]
        assert stopped(seen(bins=moved)) == "psi"
        few = decide(VersionState.SHADOW, seen(same=50, bins=moved), LONG, Plan(shadow_images=50), frozen=False)
        assert few.after is VersionState.CANARY

    def test_a_drift_of_uncertain(self):
        assert stopped(seen({("likely_human", "uncertain"): 400}, same=1600)) == "uncertain"
        assert stopped(seen({("uncertain", "likely_human"): 400}, same=1600)) == "uncertain"

    def test_people_who_overturn_it_more_often_than_the_champion(self):
        ours = Overturned(reviewed=100, overturned=5)
        often = seen(challenger_reviews=Overturned(reviewed=20, overturned=10), champion_reviews=ours)
        alike = seen(challenger_reviews=Overturned(reviewed=20, overturned=2), champion_reviews=ours)
        few = seen(challenger_reviews=Overturned(reviewed=4, overturned=4), champion_reviews=ours)
        assert stopped(often, VersionState.CANARY) == "overturned"
        assert stopped(alike, VersionState.CANARY) is None
        assert stopped(few, VersionState.CANARY) is None

    def test_a_stop_goes_before_moving_on(self):
        decision = decide(VersionState.CANARY, seen(errors=100), LONG, PLAN, frozen=False)
        assert decision.after is VersionState.STOPPED


def test_the_report_says_shares_by_direction_and_nothing_where_nothing_was_compared():
    document = seen({("likely_human", "likely_ai"): 20, ("uncertain", "likely_ai"): 80}, same=1900).document()
    assert (document["n"], document["agreement"], document["changed"]) == (2000, 0.95, 0.05)
    assert document["human_to_ai"] == 0.01
    assert document["changes"] == [
        {"before": "likely_human", "after": "likely_ai", "n": 20},
        {"before": "uncertain", "after": "likely_ai", "n": 80},
    ]
    assert document["uncertain"] == {"champion": 0.04, "challenger": 0.0}
    empty = Comparison(changes={}, champion_bins=[0] * BINS, challenger_bins=[0] * BINS).document()
    assert (empty["n"], empty["agreement"], empty["psi"]) == (0, None, None)
