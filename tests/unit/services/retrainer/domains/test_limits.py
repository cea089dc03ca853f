import numpy as np

from services.retrainer.domains.labels import TOLD
from services.retrainer.domains.limits import FEWEST, FEWEST_OWNERS, NEVER, least, named
from shared.domain.domains import Domain

PHOTO, PAINTING = TOLD.index(Domain.PHOTOGRAPH), TOLD.index(Domain.PAINTING)


def said(first, likely):
    """Probabilities float32 [N, K] with `likely` for `first`, [N] each."""
    made = np.zeros((len(first), len(TOLD)), np.float32)
    made[np.arange(len(first)), first] = likely
    return made


def given(count=200, owners=10):
    """Paintings are right above 0.6 alone, photographs always."""
    likely = np.linspace(0.2, 0.99, count)
    first = np.repeat([PHOTO, PAINTING], count)
    truths = np.concatenate([np.full(count, "photograph"), np.where(likely > 0.6, "painting", "photograph")])
    names = np.array([f"owner-{number % owners}" for number in range(2 * count)])
    return said(first, np.tile(likely, 2)), truths, names


def test_a_domain_is_named_from_where_it_is_right_more_often_than_wrong():
    probabilities, truths, owners = given()
    limits = least(probabilities, truths, owners)
    assert limits[PHOTO] < 0.2
    assert 0.2 < limits[PAINTING] < 0.3  # of what lies above 0.21, half lies above 0.6
    named_paintings = named(probabilities, limits) == "painting"
    assert (truths[named_paintings] == "painting").mean() >= 0.5


def test_what_is_never_likeliest_or_rests_on_too_little_is_never_named():
    probabilities, truths, owners = given()
    assert least(probabilities, truths, owners)[TOLD.index(Domain.RENDER)] == NEVER
    assert (least(probabilities, truths, np.full(len(owners), "one")) == NEVER).all()
    few = given(count=FEWEST - 1, owners=FEWEST_OWNERS)
    assert (least(*few) == NEVER).all()


def test_what_stays_below_its_limit_is_other():
    limits = np.full(len(TOLD), 0.5, np.float32)
    assert named(said([PHOTO, PHOTO], [0.5, 0.49]), limits).tolist() == ["photograph", "other"]
