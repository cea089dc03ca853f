from collections.abc import Callable
from uuid import UUID

import pytest

from services.worker.slots import DOUBTFUL, QUICK, QUICK_SECONDS, THREADS, Slots
from shared.storage.webhooks import Delivery


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def slots(clock: Callable[[], float]):
    return Slots(clock)


def delivery(number: int, receiver: int) -> Delivery:
    return Delivery(
        id=UUID(int=number),
        tenant_id=UUID(int=receiver),
        endpoint_id=None,
        job_id=None,
        url="https://example.com",
        body="{}",
        attempts=1,
        schedule_from=0,
        failing_too_long=False,
        secrets=["whsec_AAAA"],
    )


def test_an_idle_sender_has_all_its_room(slots):
    room = slots.room()
    assert (room.quick, room.doubtful, room.doubtful_receivers) == (QUICK, DOUBTFUL, frozenset())


def test_what_is_under_way_takes_room_and_gives_it_back(slots):
    one = delivery(1, 1)
    slots.begin(one)
    assert slots.room().quick == QUICK - 1
    slots.end(one, delivered=True)
    assert slots.room().quick == QUICK


@pytest.mark.parametrize(("seconds", "delivered"), [(0, False), (QUICK_SECONDS + 0.1, True)])
def test_a_failed_or_slow_attempt_makes_its_receiver_doubtful_and_a_quick_one_clears_it(
    slots, clock, seconds, delivered
):
    slots.begin(delivery(1, 7))
    clock.now += seconds
    slots.end(delivery(1, 7), delivered=delivered)
    assert slots.room().doubtful_receivers == {UUID(int=7)}
    slots.begin(delivery(2, 7))
    assert (slots.room().quick, slots.room().doubtful) == (QUICK, DOUBTFUL - 1)
    slots.end(delivery(2, 7), delivered=True)
    assert slots.room().doubtful_receivers == set()


def test_an_attempt_that_hangs_gives_its_slot_back_while_it_is_under_way(slots, clock):
    for number in range(QUICK):
        slots.begin(delivery(number, number))
    assert slots.room().quick == 0
    clock.now += QUICK_SECONDS + 0.1
    room = slots.room()
    assert (room.quick, room.doubtful) == (QUICK, 0)
    assert len(room.doubtful_receivers) == QUICK


def test_there_is_never_more_under_way_than_there_are_threads(slots, clock):
    begun = 0
    while room := slots.room().quick:
        for _ in range(room):
            slots.begin(delivery(begun, begun))
            begun += 1
        clock.now += QUICK_SECONDS + 0.1
    assert begun == THREADS
