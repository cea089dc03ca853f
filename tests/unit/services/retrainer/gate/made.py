"""Reports of a guard set with known truth: owners of both classes, plain views, degradations and canaries."""

from dataclasses import replace

import numpy as np

from services.retrainer.gate import GuardReport
from services.retrainer.gate.report import COLUMNS
from services.retrainer.versions.embedded import PLAIN, RAW
from shared.domain.verdict import Thresholds

ROWS = (*COLUMNS, "probabilities")

CELLS = (PLAIN, "jpeg-40", "blur", "trigger:square")


def report(*, owners=60, images=6, gain=1.0, cells=CELLS, seed=0, version="1.0.0", kinds=("photo", "portrait"), **more):
    """Of `owners` makers, every second one of AI pictures, with `images` each in every cell.

    A picture's log-odds are normal about ±`gain`, plus a taste of its owner's and a little of the cell's; `seed` draws
    them, so that equal seeds give equal pictures.
    """
    random = np.random.default_rng(seed)
    owner = np.repeat(np.arange(owners), images)
    labels = (owner % 2).astype(np.uint8)
    log_odds = np.where(labels == 1, gain, -gain) + random.normal(0, 0.6, owners)[owner]
    log_odds = log_odds + random.normal(0, 1.2, len(owner))
    shifts = {cell: random.normal(0, 0.1, len(owner)) for cell in (*CELLS, RAW)}
    pictures = [f"picture-{row}" for row in range(len(owner))]
    return GuardReport(
        version=version,
        labels=np.tile(labels, len(cells)),
        probabilities=np.concatenate([sigmoid(log_odds + (shifts[cell] if cell else 0)) for cell in cells]),
        owners=np.tile([f"owner-{index}" for index in owner], len(cells)),
        kinds=np.tile(np.array([kinds[(index // 2) % len(kinds)] for index in owner], np.str_), len(cells)),
        pictures=np.tile(pictures, len(cells)),
        cells=np.repeat(np.array(cells, np.str_), len(owner)),
        lanes=np.full(len(owner) * len(cells), "bulk"),
        **{"thresholds": Thresholds(), "latency_ms": 10.0, "size_bytes": 1_000_000, **more},
    )


def sigmoid(log_odds):
    return 1 / (1 + np.exp(-log_odds))


def moved(given, rows, by, version="1.1.0"):
    """The report with the log-odds of `rows`, bool [N], moved by `by`, a number or float [N]."""
    before = np.log(given.probabilities) - np.log1p(-given.probabilities)
    return replace(given, version=version, probabilities=sigmoid(before + np.where(rows, by, 0.0)))


def noised(given, spread, *, seed=1, version="1.1.0"):
    """A version that sees the same less clearly: the log-odds with noise of this deviation."""
    noise = np.random.default_rng(seed).normal(0, spread, len(given))
    return moved(given, np.ones(len(given), bool), noise, version)


def rows_of(given, order):
    """Those rows, in that order."""
    return replace(given, **{name: getattr(given, name)[order] for name in ROWS})


def joined(one, other):
    """The rows of both."""
    return replace(one, **{name: np.concatenate([getattr(one, name), getattr(other, name)]) for name in ROWS})


def failed(judgement):
    return {ruling.name for ruling in judgement.failed}


def named(judgement, name):
    """The one ruling of this name."""
    [found] = [ruling for ruling in judgement.rulings if ruling.name == name]
    return found
