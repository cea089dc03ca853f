import numpy as np
import pytest

from services.retrainer.evaluation.groups import accused_kinds, accused_owners, found_generators, rate_of
from services.retrainer.statistics.bootstrap import resamples
from shared.domain.interval import wilson
from tests.unit.services.retrainer.evaluation.made import predictions


@pytest.fixture
def made():
    """Ann has 100 photographs, 30 of them accused; Bo 80 paintings, 8 accused; Cy 5 photographs; Di 50 AI images."""
    accused = np.r_[np.arange(100) < 30, np.arange(80) < 8, np.zeros(5, bool), np.arange(50) < 40]
    return predictions(
        np.where(accused, 3.0, -3.0),
        [0] * 185 + [1] * 50,
        owners=["Ann"] * 100 + ["Bo"] * 80 + ["Cy"] * 5 + ["Di"] * 25 + ["Ed"] * 25,
        kinds=["photo"] * 100 + ["painting"] * 80 + ["photo"] * 5 + [""] * 50,
        generators=[""] * 185 + ["old"] * 25 + ["new"] * 25,
    )


def weights(made):
    return resamples(made.owners, made.labels, draws=100)


def test_kinds_of_human_images_are_listed_the_most_accused_first(made):
    groups = accused_kinds(made, 0.8, weights(made))
    assert [(group.name, group.images, group.owners) for group in groups] == [("photo", 105, 2), ("painting", 80, 1)]
    assert groups[0].rate.value == pytest.approx(30 / 105)


def test_owners_of_few_images_are_not_listed(made):
    groups = accused_owners(made, 0.8, weights(made), least=60)
    assert [(group.name, group.rate.value) for group in groups] == [("Ann", 0.3), ("Bo", 0.1)]


def test_within_one_owner_the_interval_is_wilsons(made):
    ann = accused_owners(made, 0.8, weights(made))[0]
    assert (ann.rate.low, ann.rate.high) == pytest.approx(wilson(30, 100))


def test_generators_are_listed_the_least_found_first(made):
    groups = found_generators(made, 0.5, weights(made))
    assert [(group.name, group.rate.value) for group in groups] == [("new", 0.6), ("old", 1.0)]


def test_no_hit_among_few_is_no_certainty(made):
    nothing = np.zeros(len(made), np.bool_)
    assert rate_of(nothing, made.owners == "Cy", weights(made)).high > 0.4


def test_where_owners_differ_the_interval_is_wider_than_wilsons(made):
    said = made.probabilities > 0.8
    high = rate_of(said, made.kinds == "photo", weights(made)).high
    assert high >= wilson(30, 105)[1]
