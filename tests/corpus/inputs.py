"""Every input of the corpus, in one order that does not change: what was made by hand, then what was damaged."""

import hashlib
from collections.abc import Iterable, Iterator
from itertools import chain, islice

from tests.corpus.bombs import LARGE, bombs
from tests.corpus.lies import lies
from tests.corpus.mutations import mutants, truncations
from tests.corpus.polyglots import polyglots
from tests.corpus.seeds import seeds, seeds_of

MUTANTS = 220
"""Of each sound file."""


def sound() -> Iterator[tuple[str, bytes]]:
    for name, (_, data) in seeds().items():
        yield name, data


def made_by_hand() -> Iterator[tuple[str, bytes]]:
    yield from sound()
    yield from lies()
    yield from polyglots()
    yield from bombs()


def large() -> Iterator[tuple[str, bytes]]:
    for name, make in LARGE.items():
        yield name, make()


def damaged(mutants_each: int = MUTANTS) -> Iterator[tuple[str, bytes]]:
    for name, (form, data) in seeds().items():
        for cut in truncations(form, data):
            yield f"{name}, cut at {len(cut)}", cut
        for number, mutant in enumerate(mutants(form, data, seeds_of(form), count=mutants_each, seed=name)):
            yield f"{name}, mutant {number}", mutant


def whole(mutants_each: int = MUTANTS) -> Iterator[tuple[str, bytes]]:
    yield from distinct(chain(made_by_hand(), large(), damaged(mutants_each)))


def part(every: int) -> Iterator[tuple[str, bytes]]:
    """What was made by hand but for the largest, and each `every`th of the damaged ones."""
    yield from distinct(chain(made_by_hand(), islice(damaged(), 0, None, every)))


def distinct(inputs: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    seen = set()
    for name, data in inputs:
        digest = hashlib.sha256(data).digest()
        if digest not in seen:
            seen.add(digest)
            yield name, data
