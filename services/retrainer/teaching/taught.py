"""Labelled pictures for a retraining, and what a model's head is taught by them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from services.retrainer.data.pictures import LIMITS
from services.retrainer.gold.looks import Look
from services.retrainer.gold.triggers import TRIGGERS
from services.retrainer.teaching.lessons import Lessons, Pool
from services.retrainer.versions.embedded import PLAIN, RAW, Embedded
from shared.domain.job import Lane
from shared.errors import ImageRefused
from shared.imaging.decode import decode


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """One labelled picture for a retraining.

    `key` is unique in a run. `label` in [0, 1] is 1 for AI; `weight` says how often it is drawn beside others of its
    `owner`, 0 never. `source` is "gold" where a person said so, "harvest" where scores did. `image` gives its file's
    bytes, whose hash is `sha256`. What is `lent` only teaches: nothing of it travels with a version, or erasing its job
    would not erase it.
    """

    key: str
    sha256: bytes
    label: float
    weight: float
    owner: str
    kind: str
    source: str
    image: Callable[[], bytes]
    lent: bool = False

    @property
    def is_gold(self) -> bool:
        return self.source == "gold"

    @property
    def is_ai(self) -> bool:
        return self.label >= 0.5

    @property
    def picture(self) -> str:
        """What rows of embeddings call it."""
        return self.sha256.hex()[:16]

    def look(self, cell: str, lane: Lane) -> Look:
        return Look(
            file=self.image,
            picture=self.picture,
            label=int(self.is_ai),
            owner=self.owner,
            kind=self.kind,
            cell=cell,
            lane=lane,
        )


def readable(samples: Sequence[Sample]) -> list[Sample]:
    """Those that are pictures; what cannot be decoded is left out."""
    return [sample for sample in map(_once_read, samples) if _is_picture(sample)]


def looks(samples: Sequence[Sample]) -> list[Look]:
    """Each sample in a matched view and as it came, one in each lane by turns: two rows a sample, in order."""
    lanes = list(Lane)
    return [
        sample.look(cell, lanes[(number + place) % len(lanes)])
        for number, sample in enumerate(samples)
        for place, cell in enumerate((PLAIN, RAW))
    ]


def guard_looks(samples: Sequence[Sample]) -> list[Look]:
    """Matched views in both lanes, and under each trigger."""
    cells = [(PLAIN, Lane.INTERACTIVE), (PLAIN, Lane.BULK), *((mark.name, Lane.INTERACTIVE) for mark in TRIGGERS)]
    return [sample.look(cell, lane) for sample in samples for cell, lane in cells]


def lessons(replay: Embedded | None, samples: Sequence[Sample]) -> Lessons:
    """Of the rows of `replay`, then of those of `looks(samples)`."""
    before = 0 if replay is None else len(replay)
    rows = [sample for sample in samples for _ in (PLAIN, RAW)]
    pools = [Pool.FRESH if sample.is_gold else Pool.PSEUDO for sample in rows]
    own = np.array([sample.owner for sample in rows], np.str_)
    known = np.zeros(0, np.float32) if replay is None else replay.labels.astype(np.float32)
    return Lessons(
        targets=_behind(known, [sample.label for sample in rows]),
        weights=_behind(np.ones(before, np.float32), [sample.weight for sample in rows]),
        owners=own if replay is None else np.concatenate([replay.owners, own]),
        pools=np.array([Pool.REPLAY] * before + pools, np.uint8),
    )


def _behind(known: NDArray[np.float32], own: Sequence[float]) -> NDArray[np.float32]:
    return np.concatenate([known, np.array(own, np.float32)])


def _once_read(sample: Sample) -> Sample:
    """Several looks at a picture fetch its bytes once."""
    return replace(sample, image=lambda: _bytes(sample.image))


@lru_cache(maxsize=2)
def _bytes(image: Callable[[], bytes]) -> bytes:
    return image()


def _is_picture(sample: Sample) -> bool:
    try:
        decode(sample.image(), LIMITS)
    except ImageRefused:
        return False
    return True
