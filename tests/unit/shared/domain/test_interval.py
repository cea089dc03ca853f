import pytest

from shared.domain.interval import wilson


# Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 1998, table I.
@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_wilson_interval_is_the_published_one(hits, n, low, high):
    assert wilson(hits, n) == pytest.approx((low, high), abs=5e-5)


def test_nothing_is_known_of_a_share_of_nothing():
    assert wilson(0, 0) == (0.0, 1.0)
