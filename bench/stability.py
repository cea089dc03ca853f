"""Do verdicts that flip under re-encoding tell errors better than the score does: `python -m bench.stability --help`.

The null is p (1 - p): how near the score is to even. What flips is mostly near a threshold, so that flips must beat it.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from services.retrainer.data.pictures import LIMITS
from services.retrainer.data.samples import AI, Dataset
from services.retrainer.robustness.detector import of_model
from services.retrainer.sources import open_datasets
from shared import scoring
from shared.domain.job import Lane
from shared.domain.stability import Stability, View
from shared.errors import ConfigurationError, ModelRefused
from shared.imaging.decode import decode
from shared.imaging.reencode import reencodings
from shared.scoring.session import Model

WIDTH = 120
DRAWS = 2000
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
        seen = list(look(model, open_datasets(asked.data), Lane(asked.lane), seed=asked.seed))
    except (ModelRefused, ConfigurationError) as exc:
        sys.exit(str(exc))
    found = {"model": model.card.version, "lane": asked.lane, "data": [Path(each).name for each in asked.data]}
    found |= {name: report(rows, seed=asked.seed) for name, rows in groups(seen).items() if rows}
    console = Console() if sys.stdout.isatty() else Console(width=WIDTH)
    for name in groups(seen):
        if name in found:
            console.print(_table(name, found[name]))
    if asked.out:
        asked.out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def groups(seen: Sequence[Seen]) -> dict[str, list[Seen]]:
    return {"all pictures": list(seen), "pictures with a verdict": [one for one in seen if one.decided]}


def look(model: Model, data: Dataset, lane: Lane, *, seed: int) -> Iterator[Seen]:
    """Each picture as a worker scores it and its re-encodings; probabilities rounded as results are."""
    detector = of_model(model, lane=lane)
    for number, sample in enumerate(track(data.samples, "scoring", disable=not sys.stderr.isatty())):
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
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, metavar="FILE", help="where the JSON goes")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
