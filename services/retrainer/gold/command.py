r"""`python -m services.retrainer.gold`: the embeddings of gold and guard set that travel with a version.

Pictures that may not be redistributed teach and judge in every installation all the same, as what the layer before the
head makes of them. A version without them becomes the same one with them:

    python -m services.retrainer.gold runs/1.2.1 --out shipped --version 1.2.2 \
        --gold 'images-train.tar?notes=docs/data/images-train.csv' --guard images-test.tar

What was embedded before the command was stopped, or its `--minutes` were over, is kept: give it again to go on.
"""

import argparse
import hashlib
import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.retrainer import sources
from services.retrainer.data.samples import AI, HUMAN, Dataset, Sample
from services.retrainer.fitting.slice import Slice, log
from services.retrainer.gold.looks import CHUNK, GUARD_CELLS, Look, embedded
from services.retrainer.versions.embedded import PLAIN, RAW, Embedded
from services.retrainer.versions.place import place, require_free
from services.retrainer.versions.stage import Change, stage
from shared.domain.job import Lane
from shared.errors import ConfigurationError, ModelRefused
from shared.scoring.session import Model

GOLD_ROWS = 6000
"""Looks of the gold set: int8 rows of a few hundred numbers, about 4 MB compressed."""

RAW_SHARE = 4
"""One gold picture in so many is also looked at as it came: the calibration of larger pictures needs them."""

GUARD_DRAWS = {Lane.INTERACTIVE: 3, Lane.BULK: 2}
"""Matched views of each guard picture."""


def main(arguments: Sequence[str] | None = None) -> None:
    asked = _arguments(arguments)
    try:
        with log(asked.out / f"{asked.version}.run" / "gold.txt", anew=False) as say:
            until = time.monotonic() + 60 * asked.minutes
            with_sets(
                asked.directory, asked.version, asked.out, gold=asked.gold, guard=asked.guard, rows=asked.rows,
                slice_=Slice(run=asked.out / f"{asked.version}.run", say=say, until=until),
            )  # fmt: skip
    except (ConfigurationError, ModelRefused) as exc:
        sys.exit(str(exc))


def with_sets(
    directory: Path,
    version: str,
    out: Path,
    *,
    gold: Sequence[str],
    guard: Sequence[str],
    slice_: Slice,
    rows: int = GOLD_ROWS,
) -> Path | None:
    """`out`/`version`: the version of `directory` with a gold.npz of the pictures of `gold` and a guard.npz of those of
    `guard`; None where the slice's time was over first.

    Raises ConfigurationError for data that cannot be read or a version that is there, ModelRefused for a directory
    that would not load.
    """
    require_free(out, version)
    model = Model.load(directory, provider="cpu", threads=1)
    plans = {
        "gold": gold_looks(sources.open_datasets(gold), rows),
        "guard": guard_looks(sources.open_datasets(guard)),
    }
    made: dict[str, Embedded] = {}
    for name, looks in plans.items():
        found = embedded(model, looks, slice_.run, goes_on=_heard(slice_, name))
        if found is None:
            slice_.say("not finished; give the command again to go on")
            return None
        made[name] = found
    staged = stage(directory, out, Change(version=version, gold=made["gold"], guard=made["guard"]))
    target = place(staged, out)
    sizes = ", ".join(f"{file.name} {file.stat().st_size:,}" for file in sorted(target.iterdir()))
    slice_.say(f"published {target.name}: {sizes} bytes")
    return target


def gold_looks(dataset: Dataset, rows: int) -> list[Look]:
    """About `rows` looks: both classes alike, no owner with more pictures than a common bound, lanes in turn.

    One matched view of each picture chosen, and of every RAW_SHAREth the picture as it came too.
    """
    chosen = balanced(dataset, round(rows * RAW_SHARE / (RAW_SHARE + 1)))
    looks = []
    for number, (sample, lane) in enumerate(zip(chosen, cycle(Lane), strict=False)):
        looks.append(_look(sample, PLAIN, lane))
        if number % RAW_SHARE == 0:
            looks.append(_look(sample, RAW, list(Lane)[number // RAW_SHARE % len(Lane)]))
    return looks


def guard_looks(dataset: Dataset) -> list[Look]:
    """Matched views of every picture in both lanes, and the first one under each of GUARD_CELLS."""
    return [look for sample in dataset.samples for look in _guarding(sample)]


def balanced(dataset: Dataset, count: int) -> list[Sample]:
    """At most `count` samples, half from each class where it has so many; each owner's share of a class is bounded so
    that the small ones give all that they have. Which of a large owner's, their names' hashes say.
    """
    chosen = []
    for label in (HUMAN, AI):
        rows = np.flatnonzero(dataset.labels == label)
        owners, member = np.unique(dataset.owners[rows], return_inverse=True)
        order = [_rank(dataset.samples[row].name) for row in rows]
        bound = _bound(np.bincount(member, minlength=len(owners)), count // 2)
        for owner in range(len(owners)):
            own = sorted(np.flatnonzero(member == owner), key=lambda place: order[place])
            chosen += [dataset.samples[int(rows[place])] for place in own[:bound]]
    return sorted(chosen, key=lambda sample: _rank(sample.name))


def _guarding(sample: Sample) -> Iterator[Look]:
    for lane, draws in GUARD_DRAWS.items():
        for draw in range(draws):
            yield _look(sample, PLAIN, lane, draw)
    for cell in GUARD_CELLS:
        yield _look(sample, cell, Lane.INTERACTIVE)


def _look(sample: Sample, cell: str, lane: Lane, draw: int = 0) -> Look:
    return Look(
        file=sample.read,
        picture=hashlib.sha256(sample.read()).hexdigest()[:16],
        label=sample.label,
        owner=sample.owner,
        kind=sample.kind,
        cell=cell,
        lane=lane,
        draw=draw,
    )


def _bound(sizes: NDArray[np.int64], count: int) -> int:
    """The largest share of an owner under which all shares together are at most `count`."""
    bound = 0
    while bound < sizes.max(initial=0) and np.minimum(sizes, bound + 1).sum() <= count:
        bound += 1
    return bound


def _rank(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def _heard(slice_: Slice, name: str) -> Callable[[int, int], bool]:
    def heard(done: int, total: int) -> bool:
        if done == total or done // CHUNK % 10 == 0:
            slice_.say(f"{name}: {done:,} of {total:,} looks")
        return slice_.left() > 0 or done == total

    return heard


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m services.retrainer.gold", description=__doc__)
    parser.add_argument("directory", type=Path, help="the version that gets them")
    parser.add_argument("--version", required=True, help="what it is called with them, MAJOR.MINOR.PATCH")
    parser.add_argument("--out", type=Path, required=True, help="where VERSION becomes a folder")
    parser.add_argument("--gold", action="append", required=True, metavar="DATA", help="what it was trained on")
    parser.add_argument("--guard", action="append", required=True, metavar="DATA", help="what it never saw")
    parser.add_argument("--rows", type=int, default=GOLD_ROWS, help=f"looks of the gold set (default: {GOLD_ROWS:,})")
    parser.add_argument("--minutes", type=float, default=math.inf, help="end this slice after so long")
    return parser.parse_args(arguments)
