"""Some of many pictures, evenly from all owners."""

import random
from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from services.retrainer.data.samples import AI, HUMAN, Dataset, Sample


class Owned(Protocol):
    @property
    def owner(self) -> str: ...


Picture = TypeVar("Picture", bound=Owned)


def evenly(samples: Iterable[Picture], count: int, chance: random.Random) -> list[Picture]:
    """One sample of each owner after the other until there are `count`; fewer where there are fewer."""
    of_owner: dict[str, list[Picture]] = {}
    for sample in samples:
        of_owner.setdefault(sample.owner, []).append(sample)
    queues = [chance.sample(owned, len(owned)) for owned in of_owner.values()]
    chance.shuffle(queues)
    longest = max(map(len, queues), default=0)
    return [queue[place] for place in range(longest) for queue in queues if place < len(queue)][:count]


def of_class(samples: Sequence[Sample], label: int) -> list[Sample]:
    return [sample for sample in samples if sample.label == label]


def some(dataset: Dataset, count: int, *, seed: int = 0) -> Dataset:
    """At most `count` pictures, half of each class where there are so many, human and AI in turn."""
    chance = random.Random(f"{seed}/some")  # noqa: S311
    human, ai = (evenly(of_class(dataset.samples, label), count, chance) for label in (HUMAN, AI))
    half = max(count // 2, count - len(human)), max(count - count // 2, count - len(ai))
    ai, human = ai[: half[0]], human[: half[1]]
    in_turn = [sample for pair in zip(human, ai, strict=False) for sample in pair]
    rest = human[len(ai) :] + ai[len(human) :]
    return Dataset(dataset.name, in_turn + rest)
