import dataclasses
import math
import random
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.retrainer.harvest import nearness
from services.retrainer.harvest.admission import Considered, Context, Rules, decide, posterior
from services.retrainer.harvest.familiarity import Familiarity
from shared.domain.provenance import Claim, Strength
from shared.domain.retraining import Harvest, Refusal, Rule
from shared.domain.verdict import Verdict

WIDE = Context(low=0.02, high=0.5)
SIGNED_AI = frozenset({(Claim.AI, Strength.SIGNED_TRUSTED)})


def pdq(seed):
    return np.random.default_rng(seed).bytes(32)


def flipped(pdq, bits):
    """The hash with that many of its first bits turned."""
    changed = int.from_bytes(pdq) ^ ((1 << bits) - 1)
    return changed.to_bytes(32)


def sample(number=0, **facts):
    """A human-made picture that every rule admits, unless `facts` say otherwise."""
    score = facts.get("score", 0.01)
    plain = {
        "id": f"job-{number}",
        "tenant": "a",
        "day": "2026-11-01",
        "score": score,
        "verdict": Verdict.LIKELY_AI if score >= 0.8 else Verdict.LIKELY_HUMAN,
        "age_days": 30.0,
        "reencoded": (score,) * 5,
        "pdq": pdq(number),
    }
    return Considered(**{**plain, **facts})


def ai(number=0, **facts):
    """A picture that a trusted signature calls AI-generated, and every rule admits."""
    return sample(number, **{"score": 0.99, "claims": SIGNED_AI, **facts})


def one(considered, rules=None, context=WIDE):
    [decision] = decide([considered], rules or Rules(), context)
    return decision


def refusals(considered, rules=None, context=WIDE):
    return [decision.refusal for decision in decide(considered, rules or Rules(), context)]


def test_a_confident_human_score_is_admitted_with_the_posterior_as_its_label():
    decision = one(sample(score=0.04))
    assert decision.admitted
    assert decision.label == pytest.approx(0.04, abs=1e-6)  # the upper end of the interval is even odds
    assert decision.weight == pytest.approx(0.92, abs=1e-6)


def test_the_worked_example_of_the_documentation_holds():
    assert posterior(0.80, 0.05) == pytest.approx(0.174, abs=5e-4)
    assert posterior(0.95, 0.05) == pytest.approx(0.500, abs=5e-4)
    assert posterior(0.20, 0.05) == pytest.approx(0.013, abs=5e-4)


def test_at_five_percent_most_of_what_a_middling_detector_calls_ai_was_made_by_people():
    """AUROC 0.80, scores calibrated at even odds, evidence normally distributed: as the documentation has it."""
    away = NormalDist().inv_cdf(0.8) * 2**0.5
    ai, human = NormalDist(away**2 / 2, away), NormalDist(-(away**2) / 2, away)
    passed = 0.05 * (1 - ai.cdf(math.log(4))), 0.95 * (1 - human.cdf(math.log(4)))
    assert passed[1] / sum(passed) == pytest.approx(0.72, abs=0.01)


def test_an_ai_label_without_a_second_signal_weighs_nothing_however_sure_the_score():
    decision = one(sample(score=0.9999))
    assert (decision.refusal, decision.weight, decision.label) == (Refusal.NO_SECOND_SIGNAL, 0.0, None)


@pytest.mark.parametrize("strength", [Strength.SIGNED, Strength.UNSIGNED])
def test_a_claim_that_is_not_trusted_is_no_second_signal(strength):
    assert one(ai(claims=frozenset({(Claim.AI, strength)}))).refusal is Refusal.NO_SECOND_SIGNAL


def test_a_trusted_signature_is_a_second_signal():
    decision = one(ai(score=0.81))
    assert decision.admitted
    assert decision.label > 0.95


def test_an_agreeing_second_model_counts_by_the_root_of_its_odds():
    rare = Context(low=0.05, high=0.05)
    assert one(sample(score=0.9, second_score=0.9), context=rare).refusal is Refusal.LOW_POSTERIOR
    decision = one(sample(score=0.99, second_score=0.99), context=rare)
    assert decision.admitted
    assert decision.label == pytest.approx(posterior(0.99, 0.05, 99**0.5), abs=1e-6)


def test_a_human_score_that_the_prevalence_makes_doubtful_is_refused_with_its_numbers():
    decision = one(sample(score=0.19))
    assert decision.refusal is Refusal.LOW_POSTERIOR
    assert decision.detail == {"score": 0.19, "signals": [], "prevalence": 0.5, "posterior": 0.81, "needed": 0.95}
    assert one(sample(score=0.19), context=Context(low=0.02, high=0.08)).admitted


@pytest.mark.parametrize(
    ("considered", "by"),
    [
        (ai(claims=frozenset({(Claim.CAMERA, Strength.SIGNED_TRUSTED)})), "provenance"),
        (ai(claims=frozenset({(Claim.EDITED_WITH_AI, Strength.SIGNED_TRUSTED)})), "provenance"),
        (sample(claims=SIGNED_AI), "provenance"),
        (sample(claims=frozenset({(Claim.AI, Strength.UNSIGNED)})), "provenance"),
        (ai(second_score=0.3), "second_model"),
        (sample(second_score=0.7), "second_model"),
        (sample(operator=0.5), "operator"),
    ],
)
def test_a_second_signal_that_says_otherwise_refuses(considered, by):
    decision = one(considered)
    assert decision.refusal is Refusal.CONTRADICTED
    assert decision.detail["by"] == by


def test_a_trusted_signature_outranks_what_anyone_could_have_written():
    claims = SIGNED_AI | {(Claim.CAMERA, Strength.UNSIGNED)}
    assert one(ai(claims=claims)).admitted


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_an_operators_label_outranks_every_score_and_signal(label):
    doubtful = sample(score=0.6, verdict=Verdict.UNCERTAIN, claims=SIGNED_AI, second_score=0.1, reencoded=(0.1, 0.9))
    decision = one(dataclasses.replace(doubtful, operator=label))
    assert (decision.admitted, decision.label, decision.weight) == (True, label, 1.0)


@pytest.mark.parametrize("rule", list(Rule))
@pytest.mark.parametrize(
    "facts", [{"score": 0.21}, {"score": 0.79}, {"score": 0.9, "verdict": Verdict.UNCERTAIN}], ids=str
)
def test_what_is_not_confident_or_was_held_at_uncertain_is_refused(rule, facts):
    assert one(sample(**facts), Rules(rule=rule)).refusal is Refusal.NOT_CONFIDENT


@pytest.mark.parametrize("score", [0.2, 0.8])
def test_the_plain_rule_takes_the_score_as_it_stands(score):
    decision = one(sample(score=score), Rules(rule=Rule.CONFIDENT))
    assert (decision.admitted, decision.label) == (True, score)


@pytest.mark.parametrize(
    ("reencoded", "flips"), [((0.01,) * 3, 0), ((0.01, 0.01, 0.01, 0.25), 1), ((0.01, 0.01, 0.01, 0.18), 0)]
)
def test_a_score_that_flips_wanders_or_was_tried_too_seldom_is_unstable(reencoded, flips):
    decision = one(sample(reencoded=reencoded))
    assert decision.refusal is Refusal.UNSTABLE
    assert (decision.detail["flips"], decision.detail["reencodings"]) == (flips, len(reencoded))


@pytest.mark.parametrize("rules", [Rules(), Rules.unguarded()])
def test_a_near_duplicate_of_the_guard_set_is_refused_under_every_rule(rules):
    guard = Context(low=0.02, high=0.5, guard=nearness.packed([flipped(pdq(0), 31)]))
    decision = one(sample(operator=1.0), rules, guard)
    assert decision.refusal is Refusal.NEAR_GUARD
    assert decision.detail["distance"] == 31


@pytest.mark.parametrize(("bits", "refused"), [(0, True), (31, True), (32, False)])
@pytest.mark.parametrize(("field", "reason"), [("gold", Refusal.NEAR_GOLD), ("harvest", Refusal.NEAR_HARVEST)])
def test_a_near_duplicate_of_gold_or_of_what_was_harvested_is_refused(field, reason, bits, refused):
    context = Context(low=0.02, high=0.5, **{field: nearness.packed([flipped(pdq(0), bits)])})
    assert one(sample(), context=context).refusal is (reason if refused else None)


def test_what_cannot_be_compared_with_the_guard_set_is_refused():
    assert one(sample(pdq=None)).refusal is Refusal.UNREADABLE


def test_what_is_too_young_waits_in_quarantine():
    assert one(sample(age_days=6.9)).refusal is Refusal.QUARANTINE
    assert one(sample(age_days=6.9), Rules(quarantine_days=5)).admitted


def test_what_looks_unlike_all_gold_is_set_aside():
    gold = np.random.default_rng(0).normal(size=(400, 8)).astype(np.float32)
    context = Context(low=0.02, high=0.5, familiarity=Familiarity.of(gold, quantile=0.99))
    assert one(sample(embedding=np.zeros(8, np.float32)), context=context).admitted
    decision = one(sample(embedding=np.full(8, 5, np.float32)), context=context)
    assert decision.refusal is Refusal.OUTLIER
    assert decision.detail["distance"] > decision.detail["allowed"]


def test_one_picture_in_many_forms_counts_once():
    near = [sample(number, pdq=flipped(pdq(0), 5 * number)) for number in range(20)]  # a chain: the ends lie far apart
    assert refusals(near).count(None) == 1
    assert refusals(near).count(Refusal.CLUSTER_QUOTA) == 19


def test_a_tenant_that_sends_much_gets_its_quota_and_no_more():
    crowd = [sample(number) for number in range(50)] + [sample(100 + n, tenant="b") for n in range(5)]
    found = refusals(crowd, Rules(tenant_quota=10))
    assert (found[:50].count(None), found[:50].count(Refusal.TENANT_QUOTA)) == (10, 40)
    assert found[50:] == [None] * 5


def test_tenants_take_turns_in_the_quota_of_a_day():
    crowd = [sample(number) for number in range(50)] + [sample(100 + n, tenant="b") for n in range(5)]
    found = refusals(crowd, Rules(day_quota=10))
    assert (found[:50].count(None), found[50:].count(None)) == (5, 5)
    assert found.count(Refusal.DAY_QUOTA) == 45
    spread_out = [dataclasses.replace(each, day=f"day {number % 6}") for number, each in enumerate(crowd)]
    assert set(refusals(spread_out, Rules(day_quota=10))) == {None}


def test_operators_labels_go_first_where_a_quota_leaves_a_choice():
    crowd = [sample(number, operator=0.0 if number == 17 else None) for number in range(30)]
    assert refusals(crowd, Rules(tenant_quota=1)).index(None) == 17


def test_a_sample_considered_twice_is_an_error():
    with pytest.raises(ValueError, match="id of its own"):
        decide([sample(), sample()], Rules(), WIDE)


@pytest.mark.parametrize("ends", [(0.0, 0.5), (0.1, 1.0), (0.5, 0.1)])
def test_a_prevalence_at_which_nothing_could_be_learned_is_refused(ends):
    with pytest.raises(ValueError, match="prevalence"):
        Context(low=ends[0], high=ends[1])


crowds = st.lists(
    st.builds(
        lambda facts, seed: (facts, seed),
        st.fixed_dictionaries(
            {
                "score": st.floats(0, 1),
                "verdict": st.sampled_from(Verdict),
                "tenant": st.sampled_from("abc"),
                "day": st.sampled_from(["monday", "tuesday"]),
                "age_days": st.floats(0, 60),
                "claims": st.frozensets(st.tuples(st.sampled_from(Claim), st.sampled_from(Strength)), max_size=2),
                "operator": st.sampled_from([None, None, 0.0, 0.5, 1.0]),
                "second_score": st.none() | st.floats(0, 1),
                "reencoded": st.lists(st.floats(0, 1), max_size=5).map(tuple),
            }
        ),
        st.integers(0, 5),
    ),
    max_size=25,
).map(lambda drawn: [sample(number, **facts, pdq=pdq(seed)) for number, (facts, seed) in enumerate(drawn)])
small = st.builds(
    Rules, rule=st.sampled_from(Rule), tenant_quota=st.integers(0, 4), day_quota=st.integers(0, 4), stable=st.booleans()
)


@given(crowds, small, st.randoms())
def test_every_sample_gets_one_decision_whatever_the_order(crowd, rules, chance: random.Random):
    decisions = decide(crowd, rules, WIDE)
    shuffled = chance.sample(crowd, len(crowd))
    again = {decision.id: decision for decision in decide(shuffled, rules, WIDE)}
    assert [again[each.id] for each in crowd] == decisions
    refused = {reason: sum(each.refusal is reason for each in decisions) for reason in Refusal}
    Harvest(considered=len(crowd), admitted=sum(each.admitted for each in decisions), refused=refused)


@given(crowds, small)
def test_what_is_admitted_has_a_label_and_what_is_refused_has_none_and_no_weight(crowd, rules):
    for considered, decision in zip(crowd, decide(crowd, rules, WIDE), strict=True):
        assert (decision.label is not None) == decision.admitted
        assert 0 <= decision.weight <= 1
        if decision.admitted and considered.operator is None and rules.rule is Rule.CORROBORATED:
            assert max(decision.label, 1 - decision.label) >= rules.posterior
            assert decision.label < 0.5 or decision.detail["signals"]


@given(st.floats(0, 1), st.floats(0.001, 0.999), st.floats(0.001, 0.999))
def test_a_posterior_rises_with_the_prevalence(score, one, other):
    low, high = sorted((one, other))
    assert 0 <= posterior(score, low) <= posterior(score, high) <= 1
