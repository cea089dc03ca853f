from dataclasses import replace

import pytest

from shared.domain.domains import CAP, FEWEST, KINDS, Domain, DomainView, Record
from shared.domain.verdict import Thresholds

THRESHOLDS = Thresholds(likely_human=0.2, likely_ai=0.8)


def view(*, images=200, called_ai=10, **other):
    record = Record(images=images, owners=8, called_ai=called_ai, low=0.02, high=0.09)
    return DomainView(domain=Domain.ILLUSTRATION, probability=0.81234, record=record, **other)


def codes(found, score, **other):
    return [reason.code for reason in found.reasons(score, THRESHOLDS, **other)]


@pytest.mark.parametrize("score", [0, 0.2, 0.5, 0.8, 1])
def test_a_good_record_holds_nothing_back(score):
    assert codes(view(), score) == []


def test_a_record_at_the_cap_is_good_and_one_above_it_holds_likely_ai_alone():
    assert codes(view(called_ai=20), 0.9) == []
    assert codes(view(called_ai=21), 0.8) == ["domain_record"]
    assert codes(view(called_ai=21), 0.1) == []
    assert codes(view(called_ai=21), 0.9, cap=0.2) == []
    assert CAP == 0.10


@pytest.mark.parametrize("score", [0.1, 0.9])
def test_too_few_pictures_say_nothing_of_either_verdict(score):
    assert codes(view(images=FEWEST - 1, called_ai=0), score) == ["domain_unmeasured"]
    assert codes(view(images=FEWEST, called_ai=0), score) == []


@pytest.mark.parametrize("score", [0.1, 0.9])
def test_what_is_unlike_all_that_was_measured_is_held_whatever_its_record(score):
    assert codes(view(familiar=False), score) == ["unfamiliar"]


def test_a_score_that_decides_nothing_needs_no_reason():
    assert codes(view(familiar=False, images=0, called_ai=0), 0.5) == []


def test_the_reason_says_the_record_and_the_cap():
    [reason] = view(called_ai=21).reasons(0.9, THRESHOLDS)
    assert reason.detail == (
        "The model takes this for an illustration. Of 200 such pictures by people it called 10.5 % AI: more than the "
        "10 % that the policy allows."
    )


@pytest.mark.parametrize("domain", Domain)
def test_the_reason_names_each_kind_in_a_sentence(domain):
    [reason] = replace(view(images=3), domain=domain).reasons(0.9, THRESHOLDS)
    taken, measured = reason.detail.split(". ")
    assert taken in {f"The model takes this for {kind}" for kind in KINDS.values()} or domain is Domain.OTHER
    assert measured == "It was measured on fewer than 30 such pictures by people (3)."


def test_the_document_has_rounded_shares():
    assert view().document() == {
        "name": "illustration",
        "probability": 0.8123,
        "familiar": True,
        "record": {"images": 200, "owners": 8, "called_ai": 10, "rate": 0.05, "interval": [0.02, 0.09]},
    }


def test_a_record_of_nothing_has_a_rate_of_nothing():
    assert Record(images=0, owners=0, called_ai=0, low=0, high=1).rate == 0
