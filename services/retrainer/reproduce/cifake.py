"""Bird & Lotfi's search for a network on CIFAKE: feature extractors first, then dense heads on the one they took."""

from dataclasses import replace

import numpy as np

from services.retrainer.data.samples import Dataset
from services.retrainer.data.split import official
from services.retrainer.pages.markup import png
from services.retrainer.reproduce.figures import Figures, figures
from services.retrainer.reproduce.judge import judge
from services.retrainer.reproduce.maps import contact_sheet
from services.retrainer.reproduce.order import Order
from services.retrainer.reproduce.parts import Parts, prepared, training
from services.retrainer.reproduce.published import CIFAKE_BEST, CIFAKE_GRID
from services.retrainer.reproduce.report import Report, Table
from services.retrainer.reproduce.search import search
from services.retrainer.reproduce.search import table as search_table
from services.retrainer.reproduce.trials import Outcome, Trial, Trials
from services.retrainer.robustness.choose import some
from services.retrainer.sources import open_dataset

SIDE = 32
FILTERS = (16, 32, 64, 128)
LAYERS = (1, 2, 3)

UNITS = (32, 64, 128, 256, 512, 1024, 2048, 4096)
DENSE_LAYERS = (1, 2, 3)
"""The paper trained 36 topologies: the twelve extractors and, with these sizes, 24 heads."""

EXTRACTOR = {"filters": 32, "layers": 2, "norm": False, "dropout": 0.0}
"""Two layers of 32 filters, which the paper took for its heads."""

SHOWN = 8
"""Pictures of the test part on the sheet of maps."""

Grid = dict[tuple[int, int], Outcome | None]


def run(order: Order) -> Report:
    split = official(open_dataset(order.data))
    parts = prepared(training(split), split.validation, split.test, side=SIDE, store=order.store)
    trials = Trials(order.runs, seconds=order.seconds, weights=True, say=order.say)
    base = Trial(name="", arch="cifake-cnn", passes=order.passes, seed=order.seed)
    extractors = _extractors(trials, parts, base)
    searched = search(trials, parts, replace(base, options={"layers": 2}), FILTERS, order.trials)
    heads = _heads(trials, parts, base)  # the last of them are the largest networks of all
    trained = [outcome for outcome in (*extractors.values(), *heads.values(), *searched) if outcome]
    best = max(trained, key=lambda outcome: outcome.validation["accuracy"], default=None)
    return Report(
        title="CIFAKE, after Bird & Lotfi",
        said=f"{len(parts.train.dataset):,} pictures to train in {order.passes:g} passes, "
        f"{len(split.validation):,} of the training part to choose, {len(split.test):,} to test, of which "
        f"{len(split.test) - len(split.test_unseen):,} also stand in training. The paper tells of neither batch "
        "normalisation nor dropout, and so its topologies have none here; the networks of the search have both.",
        tables=[
            _extractor_table(extractors),
            _head_table(heads),
            *([search_table(searched)] if searched else []),
            *([_best_table(best, len(trained), parts, split.test_unseen)] if best else []),
        ],
        files=_maps(trials, best, parts, order.seed) if best else {},
    )


def _extractors(trials: Trials, parts: Parts, base: Trial) -> Grid:
    def trial(filters: int, layers: int) -> Trial:
        options = {**EXTRACTOR, "filters": filters, "layers": layers, "dense": 0}
        return replace(base, name=f"extractor {filters} × {layers}", options=options)

    return {place: trials.outcome(trial(*place), parts) for place in CIFAKE_GRID}


def _heads(trials: Trials, parts: Parts, base: Trial) -> Grid:
    def trial(units: int, layers: int) -> Trial:
        options = {**EXTRACTOR, "dense": units, "dense_layers": layers}
        return replace(base, name=f"head {units} × {layers}", options=options)

    return {(units, layers): trials.outcome(trial(units, layers), parts) for units in UNITS for layers in DENSE_LAYERS}


def _extractor_table(grid: Grid) -> Table:
    return Table(
        title="Feature extractors",
        note="Accuracy on the test part by filters and convolutional layers, published and ours.",
        heads=["filters", *(f"{layers} {whose}, %" for layers in LAYERS for whose in ("published", "ours"))],
        rows=[
            [str(filters), *(cell for layers in LAYERS for cell in _pair(CIFAKE_GRID, grid, (filters, layers)))]
            for filters in FILTERS
        ],
    )


def _pair(published: dict[tuple[int, int], float], ours: Grid, place: tuple[int, int]) -> tuple[float, float | None]:
    return 100 * published[place], _accuracy(ours[place])


def _head_table(grid: Grid) -> Table:
    return Table(
        title="Dense heads",
        note="Ours by units and dense layers, on two convolutional layers of 32 filters. "
        f"The paper's best head reached {100 * CIFAKE_BEST['accuracy']:.2f} %.",
        heads=["units", *(f"{layers}, %" for layers in DENSE_LAYERS)],
        rows=[[str(units), *(_accuracy(grid[units, layers]) for layers in DENSE_LAYERS)] for units in UNITS],
    )


def _accuracy(outcome: Outcome | None) -> float | None:
    return 100 * outcome.test["accuracy"] if outcome else None


def _best_table(best: Outcome, trained: int, parts: Parts, unseen: Dataset) -> Table:
    """Of the network with the best accuracy in validation among `trained` ones."""
    names = {sample.name for sample in unseen.samples}
    kept = np.array([sample.name in names for sample in parts.test.dataset.samples])
    without = figures(parts.test.dataset.labels[kept], best.test_logits[kept])
    return Table(
        title="The best network",
        note=f"By validation among {trained} trained ones: {best.trial.name}.",
        heads=["test part", "pictures", "accuracy, %", "F1 of AI", "AUROC"],
        rows=[
            ["published", 20_000, 100 * CIFAKE_BEST["accuracy"], CIFAKE_BEST["f1"], None],
            ["ours", *_best_row(best.test)],
            ["ours, without duplicates", *_best_row(without)],
        ],
    )


def _best_row(test: Figures) -> list[int | float]:
    return [test["n"], 100 * test["accuracy"], test["classes"]["ai"]["f1"], test["roc_auc"]]


def _maps(trials: Trials, best: Outcome, parts: Parts, seed: int) -> dict[str, bytes]:
    """Where the best network looks; nothing where its weights were not kept, as earlier versions did not."""
    if not trials.has_network(best.trial, parts):
        return {}
    detector = judge(best.trial.name, trials.network(best.trial, parts), parts.side)
    return {"gradcam.png": png(contact_sheet(detector, some(parts.test.dataset, SHOWN, seed=seed)))}
