"""aiornot on the pictures of the competition AI or Not: its split, its table by class, its ROC, its table of files.

The folder has the competition's `train.csv` (id, label) and `train/`, and `test/` with `test.csv`; without that table
a test picture's name tells its label, as aiornot named its identity photographs: 1… is real, 0… AI.
"""

import io
import math
from pathlib import Path
from urllib.parse import parse_qsl

import numpy as np
from matplotlib.figure import Figure

from services.retrainer.data.samples import AI, HUMAN, Dataset, Sample
from services.retrainer.reproduce.figures import roc
from services.retrainer.reproduce.judge import judge, page
from services.retrainer.reproduce.order import Order
from services.retrainer.reproduce.parts import Parts, prepared
from services.retrainer.reproduce.published import AIORNOT
from services.retrainer.reproduce.report import Report, Table
from services.retrainer.reproduce.search import search
from services.retrainer.reproduce.search import table as search_table
from services.retrainer.reproduce.trials import Outcome, Trial, Trials
from services.retrainer.robustness import files
from services.retrainer.sources import open_dataset
from services.retrainer.sources.files import open_files
from shared.domain.model_card import Calibration
from shared.errors import ConfigurationError
from shared.scoring.calibration import probability

SIDE = 256
FILTERS = (16, 32, 64)

VALIDATION_SHARE = 0.3
"""Of 18,618 pictures: 5,586, as theirs."""

BY_NAME = {"1": HUMAN, "0": AI}


def run(order: Order, *, side: int = SIDE) -> Report:
    """`?ai_value=0` after the folder's name says that the label 0 means AI; else it is 1."""
    folder, _, options = order.data.partition("?")
    ai_value = dict(parse_qsl(options)).get("ai_value", "1")
    labelled, test = _labelled(Path(folder), "train", ai_value), _test(Path(folder), ai_value)
    train, validation = split(labelled, order.seed)
    parts = prepared(train, validation, test, side=side, store=order.store)
    trials = Trials(order.runs, seconds=order.seconds, weights=True, say=order.say)
    base = Trial(name="aiornot", arch="aiornot-cnn", passes=order.passes, seed=order.seed)
    outcome = trials.outcome(base, parts)
    searched = search(trials, parts, base, FILTERS, order.trials)
    return Report(
        title="aiornot",
        said=f"{len(train):,} pictures to train in {order.passes:g} passes, {len(validation):,} to "
        f"choose, {len(test):,} to test. The label {ai_value} of the tables was taken to mean AI.",
        tables=[
            _overall(outcome),
            *_by_class(outcome, "1" if ai_value == "1" and _has_table(Path(folder)) else "0"),
            *([search_table(searched)] if searched else []),
        ],
        files=_files(trials, outcome, parts) if outcome else {},
    )


def split(labelled: Dataset, seed: int) -> tuple[Dataset, Dataset]:
    """(train, validation), by chance."""
    chosen = np.zeros(len(labelled), np.bool_)
    rows = np.random.default_rng(seed).permutation(len(labelled))
    chosen[rows[: math.ceil(VALIDATION_SHARE * len(labelled))]] = True
    return labelled.where(~chosen), labelled.where(chosen)


def _labelled(folder: Path, half: str, ai_value: str) -> Dataset:
    return open_dataset(folder / f"{half}.csv", ai_value=ai_value, path_column="id", root=folder / half)


def _has_table(folder: Path) -> bool:
    return (folder / "test.csv").is_file()


def _test(folder: Path, ai_value: str) -> Dataset:
    return _labelled(folder, "test", ai_value) if _has_table(folder) else named(folder / "test")


def named(folder: Path) -> Dataset:
    """Pictures whose names begin with their class; raises ConfigurationError for another beginning."""
    found = open_files(folder)

    def sample(name: str) -> Sample:
        first = Path(name).name[0]
        if first not in BY_NAME:
            raise ConfigurationError(
                f"{folder}: without a test.csv names must begin with 1 (real) or 0 (AI); {name} does not"
            )
        return Sample(name=name, label=BY_NAME[first], owner=found.digest(name), read=found.readers[name])

    return Dataset(found.name, [sample(name) for name in found.images])


def _overall(outcome: Outcome | None) -> Table:
    ours = outcome.test if outcome else {}
    return Table(
        title="Test part",
        heads=["", "published", "ours"],
        rows=[
            ["accuracy", AIORNOT["accuracy"], ours.get("accuracy")],
            ["ROC AUC", AIORNOT["roc_auc"], ours.get("roc_auc")],
            ["weights", "37.4 million", outcome.parameters if outcome else None],
        ],
    )


def _by_class(outcome: Outcome | None, ai_class: str) -> list[Table]:
    if outcome is None:
        return []
    human_class = "0" if ai_class == "1" else "1"
    named_classes = {human_class: "human", ai_class: "ai"}
    rows = [
        (
            f"class {label} ({named_classes[label]})",
            AIORNOT["classes"][label],
            outcome.test["classes"][named_classes[label]],
        )
        for label in ("0", "1")
    ]
    rows += [(name, AIORNOT[name], outcome.test[name]) for name in ("macro", "weighted")]
    columns = ("precision", "recall", "f1", "support")
    return [
        Table(
            title="By class",
            note="Published and ours. Which of its classes is AI the project's table does not say.",
            heads=["", *(f"{column}, {whose}" for column in columns for whose in ("published", "ours"))],
            rows=[
                [name, *(of[column] for column in columns for of in (published, ours))]
                for name, published, ours in rows
            ],
        )
    ]


def _files(trials: Trials, outcome: Outcome, parts: Parts) -> dict[str, bytes]:
    test = parts.test.dataset
    detector = judge(outcome.trial.arch, trials.network(outcome.trial, parts), parts.side)
    section = files.section(detector, test, probability(outcome.test_logits, Calibration()))
    return {
        "roc.png": _roc_plot(outcome, test),
        "files.html": page(section.title, section.html),
        **section.files,
    }


def _roc_plot(outcome: Outcome, test: Dataset) -> bytes:
    picture = Figure(figsize=(5, 5), layout="constrained")
    axes = picture.add_subplot(xlabel="false positive rate", ylabel="true positive rate", xlim=(0, 1), ylim=(0, 1))
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    axes.plot(*roc(test.labels, outcome.test_logits), label=f"ours, area {outcome.test['roc_auc']:.3f}")
    axes.plot([], [], " ", label=f"published area {AIORNOT['roc_auc']:.3f}")
    axes.legend(loc="lower right", frameon=False)
    axes.set_aspect("equal")
    file = io.BytesIO()
    picture.savefig(file, format="png", dpi=144)
    return file.getvalue()
