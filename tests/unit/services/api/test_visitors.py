import pytest

from services.api.counters import Counters
from services.api.visitors import MISS_COST, Visitors
from shared.config import Settings


@pytest.fixture
def clock():
    return [42.0]


@pytest.fixture
def visitors(clock):
    """Of an installation whose Redis is away: the process counts by itself."""
    settings = Settings(_env_file=None, link_requests_per_minute=3, redis_url="redis://127.0.0.1:1/0")
    return Visitors(settings, Counters(settings), now=lambda: clock[0])


def test_an_address_waits_for_the_end_of_the_minute_once_its_requests_are_used_up(visitors, clock):
    assert [visitors.wait("192.0.2.1") for _ in range(4)] == [0, 0, 0, 18]
    assert visitors.wait("192.0.2.2") == 0
    clock[0] = 60
    assert visitors.wait("192.0.2.1") == 0


def test_a_token_that_leads_nowhere_counts_for_many(visitors):
    assert MISS_COST > 3
    assert visitors.wait("192.0.2.1") == 0
    visitors.miss("192.0.2.1")
    assert visitors.wait("192.0.2.1") == 18


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("", "not an address", True),
    ],
)
def test_whom_an_address_stands_for(visitors, one, other, same):
    assert [visitors.wait(one) for _ in range(3)] == [0, 0, 0]
    assert bool(visitors.wait(other)) is same


def test_zero_is_no_limit(clock):
    settings = Settings(_env_file=None, link_requests_per_minute=0)
    visitors = Visitors(settings, Counters(settings), now=lambda: clock[0])
    assert {visitors.wait("192.0.2.1") for _ in range(1000)} == {0}
