from dataclasses import replace

import numpy as np
import pytest

from shared.domain.domains import Domain
from shared.domain.interval import wilson
from shared.domain.job import Lane
from shared.scoring.records import REMEMBERED, Records


def records(scores, owners, *, domain="painting", lane="bulk"):
    count = len(scores)
    return Records(
        lanes=np.full(count, lane),
        domains=np.full(count, domain),
        owners=np.array(owners, np.int32),
        scores=np.array(scores, np.float32),
    )


def test_a_record_counts_pictures_of_its_lane_and_domain_at_the_threshold_asked_for():
    made = records([0.1, 0.8, 0.9, 0.79], [0, 0, 1, 1])
    found = made.of(Lane.BULK, Domain.PAINTING, 0.8)
    assert (found.images, found.owners, found.called_ai) == (4, 2, 2)
    assert made.of(Lane.BULK, Domain.PAINTING, 0.9).called_ai == 1
    assert made.of(Lane.INTERACTIVE, Domain.PAINTING, 0.8).images == 0
    assert made.of(Lane.BULK, Domain.RENDER, 0.8).images == 0


def test_all_domains_together_are_one_record_of_a_lane():
    scores, owners = [0.1, 0.8, 0.9, 0.79], [0, 0, 1, 1]
    kinds = np.array(["painting", "render", "painting", "other"])
    made = replace(records(scores, owners), domains=kinds)
    found = made.of(Lane.BULK, None, 0.8)
    assert (found.images, found.owners, found.called_ai) == (4, 2, 2)
    assert made.of(Lane.INTERACTIVE, None, 0.8).images == 0


def test_the_interval_is_never_narrower_than_by_pictures():
    made = records([0.1] * 40, [number % 8 for number in range(40)])
    found = made.of(Lane.BULK, Domain.PAINTING, 0.8)
    assert (found.low, found.high) == wilson(0, 40)


def test_where_owners_differ_the_interval_is_wider():
    accused = [0.9] * 10 + [0.1] * 90
    one = records(accused, [number // 10 for number in range(100)]).of(Lane.BULK, Domain.PAINTING, 0.8)
    spread = records(accused, [number % 10 for number in range(100)]).of(Lane.BULK, Domain.PAINTING, 0.8)
    assert one.rate == spread.rate == 0.1
    assert one.high > spread.high
    assert one.low == 0


@pytest.mark.parametrize("count", [0, 50])
def test_of_one_owner_nothing_follows_for_others(count):
    found = records([0.1] * count, [3] * count).of(Lane.BULK, Domain.PAINTING, 0.8)
    assert (found.low, found.high) == (0.0, 1.0)


def test_a_record_is_counted_once_for_each_threshold():
    made = records([0.1, 0.9], [0, 1])
    assert made.of(Lane.BULK, Domain.PAINTING, 0.8) is made.of(Lane.BULK, Domain.PAINTING, 0.8)
    for number in range(REMEMBERED + 10):
        made.of(Lane.BULK, Domain.PAINTING, number / 2000)
    assert made.of(Lane.BULK, Domain.PAINTING, 0.8).called_ai == 1


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"lane": "express"}, "no such lane or domain: express"),
        ({"domain": "hologram"}, "hologram"),
        ({"scores": [0.1, 1.1]}, r"\[0, 1\]"),
        ({"scores": [0.1, float("nan")]}, r"\[0, 1\]"),
        ({"owners": [1]}, r"must all be \[N\]"),
    ],
)
def test_what_is_no_record_is_refused(changed, message):
    with pytest.raises(ValueError, match=message):
        records(**{"scores": [0.1, 0.2], "owners": [0, 1], **changed})
