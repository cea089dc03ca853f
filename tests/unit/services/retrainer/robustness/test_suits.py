import numpy as np
import pytest

from services.retrainer.data.samples import Dataset, Sample
from services.retrainer.robustness.draws import Draws
from services.retrainer.robustness.suits import TOO_FEW, cases, conclusion
from services.retrainer.statistics.bootstrap import Interval


def interval(value, low, high):
    return Interval(value=value, low=low, high=high)


GOOD, FAIR, CHANCE = interval(0.9, 0.8, 0.95), interval(0.7, 0.6, 0.8), interval(0.5, 0.4, 0.6)


@pytest.mark.parametrize(
    ("aurocs", "difference", "said"),
    [
        ((GOOD, FAIR), interval(0.2, 0.1, 0.3), "first"),
        ((FAIR, GOOD), interval(-0.2, -0.3, -0.1), "second"),
        ((GOOD, FAIR), interval(0.2, -0.1, 0.3), "no difference is shown"),
        ((CHANCE, CHANCE), interval(0.2, 0.1, 0.3), "neither is shown to beat chance"),
        ((interval(1.0, np.nan, np.nan), FAIR), interval(0.3, np.nan, np.nan), "neither is shown to beat chance"),
    ],
)
def test_the_rule_names_a_detector_only_where_the_intervals_do(aurocs, difference, said):
    assert conclusion(["first", "second"], aurocs, difference) == said


def test_sizes_kinds_and_alterations_are_cases_of_their_own():
    random = np.random.default_rng(0)
    labels = np.arange(120) % 2
    samples = [
        Sample(
            name=str(row),
            label=int(label),
            owner=str(row),
            read=bytes,
            kind=("photo" if row < 50 else "") if label else "photo" if row < 100 else "scan",
        )
        for row, label in enumerate(labels)
    ]
    dataset = Dataset("made", samples)
    sides = np.where(np.arange(120) < 60, 40, 300)
    good, poor = labels + 0.3 * random.random(120), random.random(120)
    # Each detector knows one size.
    plain = np.stack([np.where(sides == 40, good, poor), np.where(sides == 40, poor, good)])
    scores = {"plain": plain, "blur": np.stack([good, poor])}
    found = {
        case.when: case
        for case in cases(["small", "large"], dataset, sides, scores, Draws.of(dataset.owners, dataset.labels))
    }
    assert found["short side below 64 px"].conclusion == "small"
    assert found["short side 256 to 511 px"].conclusion == "large"
    assert found["after blur"].conclusion == "small"
    assert found["human pictures of kind scan, all AI pictures"].conclusion == TOO_FEW
    assert found["kind photo"].human == 50
    assert found["kind photo"].ai == 25
    assert next(iter(found)) == "all pictures"
