"""Do verdicts that flip under re-encoding tell errors better than the score does: `python -m bench.stability --help`.

The null is p (1 - p): how near the score is to even. What flips is mostly near a threshold, so that flips must beat it.

With --run and --trained each picture is scored by that network of a training run which never saw its owner, under the
calibration and the thresholds of the version.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table
from torch import nn

from services.retrainer.data.pictures import LIMITS
from services.retrainer.data.samples import AI, Dataset, Sample
from services.retrainer.fitting.recipes import recipe
from services.retrainer.fitting.slice import Slice
from services.retrainer.robustness.detector import Detector, Infer, of_inference, of_model
from services.retrainer.sources import open_datasets
from services.retrainer.training import owners_out
from shared import scoring
from shared.domain.job import Lane
from shared.domain.stability import Stability, View
from shared.errors import ConfigurationError, ModelRefused
from shared.imaging.decode import decode
from shared.imaging.reencode import reencodings
from shared.scoring.session import Model

WIDTH = 120
DRAWS = 2000
Judges = Callable[[Sample], Detector]
"""What scores a picture."""

SIGNALS = ("p (1 - p)", "spread", "flips", "p (1 - p) and spread")


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """A picture of known origin, and how it was scored."""

    is_ai: bool
    owner: str
    stability: Stability

    @property
    def decided(self) -> bool:
        """Whether the picture, as it was sent, is called likely human or likely AI."""
        p, thresholds = self.stability.ai_probability, self.stability.thresholds
        return p <= thresholds.likely_human or p >= thresholds.likely_ai

    @property
    def wrong(self) -> bool:
        """Whether the more likely of the two is not what it is."""
        return (self.stability.ai_probability >= 0.5) != self.is_ai


def main(arguments: Sequence[str] | None = None) -> None:
    asked = _arguments(arguments)
    try:
        model = Model.load(asked.version or scoring.shipped()[-1], provider="cpu", threads=1)
        lane, data = Lane(asked.lane), drawn(open_datasets(asked.data), asked.most, seed=asked.seed)
        if asked.run:
            judges = of_run(model, lane, data, asked.run, trained=open_datasets(asked.trained), arch=asked.arch)
        else:
            served = of_model(model, lane=lane)
            judges = lambda _: served  # noqa: E731 - it is no noun of its own
        seen = list(look(judges, data, seed=asked.seed))
    except (ModelRefused, ConfigurationError) as exc:
        sys.exit(str(exc))
    found = {
        "model": model.card.version,
        "owners": "left out" if asked.run else "as the version was trained",
        "lane": asked.lane,
        "data": [Path(each).name.partition("?")[0] for each in asked.data],
    }
    found |= {name: report(rows, seed=asked.seed) for name, rows in groups(seen).items() if rows}
    console = Console() if sys.stdout.isatty() else Console(width=WIDTH)
    for name in groups(seen):
        if name in found:
            console.print(_table(name, found[name]))
    if asked.out:
        asked.out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def groups(seen: Sequence[Seen]) -> dict[str, list[Seen]]:
    return {"all pictures": list(seen), "pictures with a verdict": [one for one in seen if one.decided]}


def drawn(data: Dataset, most: int | None, *, seed: int) -> Dataset:
    """At most so many of the pictures, drawn by `seed`."""
    if most is None or most >= len(data):
        return data
    chosen = np.zeros(len(data), np.bool_)
    chosen[np.random.default_rng(seed).permutation(len(data))[:most]] = True
    return data.where(chosen)


def of_run(model: Model, lane: Lane, data: Dataset, run: Path, *, trained: Dataset, arch: str) -> Judges:
    """Of a run on `trained`, whose folder is `run`: for each owner's pictures the network that never saw the owner.

    Raises ConfigurationError where the run is unfinished, or `data` has an owner whom no network was kept from.
    """
    networks = owners_out.judges(trained, recipe(arch), Slice(run=run, say=_quiet, resume=True))
    if strangers := sorted(set(data.owners.tolist()) - networks.keys()):
        raise ConfigurationError(f"{run} left out no owner called {strangers[0]!r}: do the data sets name them alike?")
    detectors = {
        owner: of_inference(_infer(network), model.card, name=f"without {owner}", lane=lane)
        for owner, network in networks.items()
    }
    return lambda sample: detectors[sample.owner]


def _infer(network: nn.Module) -> Infer:
    def infer(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.float32], None]:
        with torch.inference_mode():
            return network(torch.from_numpy(pixels)).logit.numpy(), None

    return infer


def _quiet(_: str) -> None:
    """What a run says of itself is said in its log."""


def look(judges: Judges, data: Dataset, *, seed: int) -> Iterator[Seen]:
    """Each picture as a worker scores it and its re-encodings; probabilities rounded as results are."""
    for number, sample in enumerate(track(data.samples, "scoring", disable=not sys.stderr.isatty())):
        detector = judges(sample)
        image = decode(sample.read(), LIMITS).image
        forms = reencodings(image, seed + number)
        images = [image, *(decode(file, LIMITS).image for _, file in forms)]
        own, *others = (round(float(p), 4) for p in detector.score(images).probabilities)
        views = [View(name=name, ai_probability=p) for (name, _), p in zip(forms, others, strict=True)]
        stability = Stability(ai_probability=own, thresholds=detector.thresholds, views=views)
        yield Seen(is_ai=sample.label == AI, owner=sample.owner, stability=stability)


def report(seen: Sequence[Seen], *, seed: int) -> dict[str, Any]:
    """Of one group: how often verdicts flip, among right and wrong ones, and how well each signal tells the wrong ones.

    `auroc`: of a wrong and a right one, how often the wrong one has more of the signal; its interval and that of the
    difference from the null by drawing owners anew.
    """
    wrong = np.array([one.wrong for one in seen])
    flips = np.array([one.stability.flips for one in seen])
    signals = _signals(seen)
    draws = list(_draws(seen, seed))
    null = [auroc(signals[SIGNALS[0]][rows], wrong[rows]) for rows in draws]
    rows: dict[str, Any] = {}
    for name, values in signals.items():
        drawn = [auroc(values[chosen], wrong[chosen]) for chosen in draws]
        beyond = np.subtract(drawn, null)
        rows[name] = {
            "auroc": _rounded(auroc(values, wrong)),
            "interval": _interval(drawn),
            "beyond_null": _rounded(auroc(values, wrong) - auroc(signals[SIGNALS[0]], wrong)),
            "beyond_null_interval": _interval(beyond),
        }
    return {
        "pictures": len(seen),
        "owners": len({one.owner for one in seen}),
        "wrong": int(wrong.sum()),
        "flip": int((flips > 0).sum()),
        "flip_and_wrong": int(((flips > 0) & wrong).sum()),
        "held_by_null_and_wrong": _held(signals[SIGNALS[0]], wrong, int((flips > 0).sum())),
        "mean_spread": _rounded(float(np.mean([one.stability.spread for one in seen]))),
        "signals": rows,
    }


def auroc(values: NDArray[np.float64], wrong: NDArray[np.bool_]) -> float:
    """P(value of a wrong one > value of a right one), ties counted half; nan where there are not both."""
    bad, good = values[wrong], values[~wrong]
    if not len(bad) or not len(good):
        return float("nan")
    return float(np.mean(np.sign(bad[:, None] - good[None, :]) / 2 + 0.5))


def _signals(seen: Sequence[Seen]) -> dict[str, NDArray[np.float64]]:
    p = np.array([one.stability.ai_probability for one in seen])
    spread = np.array([one.stability.spread for one in seen])
    flips = np.array([one.stability.flips for one in seen], np.float64)
    # Ranks of both, added: whether the spread adds anything to the null, with nothing fitted.
    both = _ranks(p * (1 - p)) + _ranks(spread)
    return dict(zip(SIGNALS, (p * (1 - p), spread, flips, both), strict=True))


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.searchsorted(np.sort(values), values).astype(np.float64)


def _held(values: NDArray[np.float64], wrong: NDArray[np.bool_], count: int) -> int:
    """How many are wrong among the `count` with the most of a signal: as many as flips would hold."""
    return int(wrong[np.argsort(-values, kind="stable")[:count]].sum())


def _draws(seen: Sequence[Seen], seed: int) -> Iterator[NDArray[np.intp]]:
    """Owners drawn with replacement: the pictures of one are no independent witnesses."""
    chance = np.random.default_rng(seed)
    _, member = np.unique([one.owner for one in seen], return_inverse=True)
    of_owner = [np.flatnonzero(member == owner) for owner in range(member.max() + 1)]
    for _ in range(DRAWS):
        yield np.concatenate([of_owner[owner] for owner in chance.integers(0, len(of_owner), len(of_owner))])


def _interval(values: Sequence[float] | NDArray[np.float64]) -> list[float | None]:
    if np.isnan(values).all():
        return [None, None]
    return [_rounded(float(edge)) for edge in np.nanpercentile(values, [2.5, 97.5])]


def _rounded(value: float) -> float | None:
    return round(value, 4) if np.isfinite(value) else None


def _table(name: str, found: dict[str, Any]) -> Table:
    title = (
        f"{name}: {found['pictures']} of {found['owners']} owners, {found['wrong']} wrong; {found['flip']} flip, of "
        f"which {found['flip_and_wrong']} wrong; of as many by the null, {found['held_by_null_and_wrong']}"
    )
    table = Table("what tells the wrong ones", "AUROC", "95 %", "beyond the null", "95 %", title=title)
    for signal, row in found["signals"].items():
        numbers = ([row["auroc"]], row["interval"], [row["beyond_null"]], row["beyond_null_interval"])
        table.add_row(signal, *(" to ".join(map(_shown, number)) for number in numbers))
    return table


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.stability", description=__doc__)
    parser.add_argument("data", nargs="+", metavar="DATA", help="labelled pictures, as docs/data says")
    parser.add_argument("--version", type=Path, metavar="DIR", help="a version directory (default: the newest shipped)")
    parser.add_argument("--lane", choices=[*Lane], default=Lane.INTERACTIVE.value)
    parser.add_argument("--run", type=Path, metavar="DIR", help="of a training with owners left out: VERSION.run")
    parser.add_argument("--trained", action="append", metavar="DATA", default=[], help="what that run was trained on")
    parser.add_argument("--arch", default="jinwi-cnn", help="of that run (default: jinwi-cnn)")
    parser.add_argument("--most", type=int, metavar="N", help="look at so many of the pictures, drawn by the seed")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, metavar="FILE", help="where the JSON goes")
    asked = parser.parse_args(arguments)
    if bool(asked.run) != bool(asked.trained):
        parser.error("--run and --trained need one another")
    return asked


if __name__ == "__main__":
    main()
