"""Hostile files through the whole system: each ends, the pictures among them are scored, no process of ours dies."""

import itertools
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from jinwi import Client, Refused
from tests.corpus import inputs
from tests.corpus.bombs import LARGE, bombs
from tests.corpus.lies import lies
from tests.corpus.polyglots import polyglots
from tests.processes import of_stack
from tests.unit.shared.imaging.pictures import encode, noise

PATIENCE = 150
# An empty file is no image at all: a form that is filled in wrongly.
AT_THE_DOOR = {"refused: unsupported-format", "refused: too-many-pixels", "refused: invalid-request"}
ENDS = {
    ("failed", "undecodable"),
    ("failed", "unsupported_format"),
    ("failed", "too_many_pixels"),
    ("dead", "decoder_died"),
    ("done", None),
}


def nasty() -> Iterator[tuple[str, bytes]]:
    """Of each kind some: bombs all, and one picture that takes longer than a decoder may."""
    name = "jpeg of 79 MP, as many scans as are decoded"
    yield name, LARGE[name]()
    yield from bombs()
    yield from itertools.islice(lies(), 0, None, 11)
    yield from itertools.islice(polyglots(), 0, None, 4)
    yield from itertools.islice(inputs.damaged(), 0, None, 300)


def kind(refused: Refused) -> str:
    return refused.problem["type"].rpartition(":")[2]


def scorers(home) -> set[int]:
    return {process.pid for process in of_stack(home, "score@")}


@pytest.mark.timeout(300)
def test_hostile_images_end_and_leave_the_scorer_and_the_good_ones_alone(service):
    hostile = list(inputs.distinct(nasty()))
    good = [(f"good {number}", encode(noise(300, 200, seed=number), "PNG")) for number in range(len(hostile) // 10)]
    before = scorers(service.home)
    with Client(service.url, service.key) as client, ThreadPoolExecutor(4) as pool:

        def verify(named):
            name, data = named
            try:
                job = client.submit(data, lane="interactive" if name in dict(good) else "bulk")
            except Refused as refused:
                return name, f"refused: {kind(refused)}", None
            ended = client.wait(job, timeout=PATIENCE)
            return name, str(ended.state), ended.error.reason if ended.error else None

        outcomes = list(pool.map(verify, [*hostile, *good]))
    ends = Counter(state if reason is None else f"{state}: {reason}" for _, state, reason in outcomes)
    sys.stdout.write(f"\n{len(hostile)} hostile images, {len(good)} good: {dict(ends)}\n")

    assert len(hostile) >= 300
    for name, state, reason in outcomes:
        assert (state, reason) in ENDS or state in AT_THE_DOOR, name
    assert {state for name, state, _ in outcomes if name.startswith("good ")} == {"done"}
    assert len(before) > 1
    assert scorers(service.home) == before
