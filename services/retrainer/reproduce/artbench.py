"""AI-art-vs-non-AI-art on AI-ArtBench: one network at two sizes, and how the two differ picture by picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from services.retrainer.data.samples import Dataset
from services.retrainer.data.split import official
from services.retrainer.reproduce.judge import judge, page
from services.retrainer.reproduce.order import Order
from services.retrainer.reproduce.parts import Parts, prepared, training
from services.retrainer.reproduce.published import ARTBENCH_F1, ARTBENCH_RIGHT, ARTBENCH_WEIGHTS
from services.retrainer.reproduce.report import Report, Table
from services.retrainer.reproduce.search import search
from services.retrainer.reproduce.search import table as search_table
from services.retrainer.reproduce.trials import Outcome, Trial, Trials
from services.retrainer.robustness import sensitivity, sensitivity_page
from services.retrainer.robustness.choose import some
from services.retrainer.sources import open_dataset

ARCHITECTURES = {32: "artbench-cnn", 128: "artbench-cnn-128"}
"""By side in px."""

FILTERS = (32, 64, 96)
SAMPLES = 11

Outcomes = Mapping[int, Outcome | None]


def run(order: Order) -> Report:
    split = official(open_dataset(order.data))
    train, validation, test = training(split), split.validation, split.test
    parts = {side: prepared(train, validation, test, side=side, store=order.store) for side in ARCHITECTURES}
    trials = Trials(order.runs, seconds=order.seconds, weights=True, say=order.say)
    base = Trial(name="", arch="", passes=order.passes, seed=order.seed)
    outcomes = {
        side: trials.outcome(replace(base, name=f"{side} px", arch=arch), parts[side])
        for side, arch in ARCHITECTURES.items()
    }
    searched = search(trials, parts[32], replace(base, arch=ARCHITECTURES[32]), FILTERS, order.trials)
    compared = _compared(trials, outcomes, parts, order.seed)
    return Report(
        title="AI-ArtBench, after AI-art-vs-non-AI-art",
        said=f"{len(train):,} pictures to train in {order.passes:g} passes, {len(validation):,} of the "
        f"training part to choose, {len(test):,} to test.",
        tables=[_overall(outcomes), *compared.tables, *([search_table(searched)] if searched else [])],
        files=compared.files,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """What can be said once both networks are trained."""

    tables: Sequence[Table] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)


def _overall(outcomes: Outcomes) -> Table:
    return Table(
        title="Test part",
        note="Which F1 the project means it does not say: ours are that of the AI class and the mean of both.",
        heads=["", "weights, published", "ours", "F1, published", "of AI, ours", "mean, ours", "accuracy, %", "AUROC"],
        rows=[
            [f"{side} px", ARTBENCH_WEIGHTS[side], outcome and outcome.parameters, ARTBENCH_F1[side], *_row(outcome)]
            for side, outcome in outcomes.items()
        ],
    )


def _row(outcome: Outcome | None) -> list[float | None]:
    if outcome is None:
        return [None] * 4
    test = outcome.test
    return [test["classes"]["ai"]["f1"], test["macro"]["f1"], 100 * test["accuracy"], test["roc_auc"]]


def _compared(trials: Trials, outcomes: Outcomes, parts: Mapping[int, Parts], seed: int) -> Compared:
    small, large = outcomes.values()
    if small is None or large is None:
        return Compared()
    test = parts[32].test.dataset
    right = np.stack([(outcome.test_logits > 0) == test.labels for outcome in (small, large)])
    judges = [
        judge(outcome.trial.name, trials.network(outcome.trial, parts[side]), side)
        for side, outcome in zip(outcomes, (small, large), strict=True)
    ]
    study = sensitivity.measure(judges, some(test, SAMPLES, seed=seed), base="raw", shown=SAMPLES, seed=seed)
    section = sensitivity_page.section(study)
    return Compared(
        tables=[_agreement(right), _by_owner(right, test), _altered(study)],
        files={"sensitivity.html": page(section.title, section.html), **section.files},
    )


def _agreement(right: NDArray[np.bool_]) -> Table:
    """`right` bool [2, N]: which pictures the two networks judge rightly."""
    small, large = right
    both = {"both": small & large, "only at 32 px": small & ~large, "only at 128 px": large & ~small}
    rows = [*both.items(), ("neither", ~small & ~large)]
    return Table(
        title="Where the two agree",
        heads=["right", "pictures", "share, %"],
        rows=[[name, int(these.sum()), 100 * float(these.mean())] for name, these in rows],
    )


def _by_owner(right: NDArray[np.bool_], test: Dataset) -> Table:
    owners = sorted(set(test.owners.tolist()))
    return Table(
        title="By style and maker",
        heads=["folder", "pictures", "right at 32 px, %", "right at 128 px, %"],
        rows=[
            [owner, int(of_owner.sum()), *(100 * float(share) for share in right[:, of_owner].mean(1))]
            for owner in owners
            if (of_owner := test.owners == owner).any()
        ],
    )


def _altered(study: sensitivity.Sensitivity) -> Table:
    """Of each sample picture plain and under each alteration: how many each network judges rightly."""
    labels = np.array([row.sample.label for row in study.rows])
    called = np.array([[scored.probabilities >= 0.5 for scored in row.scored] for row in study.rows])
    right = (called == labels[:, None, None]).sum(0)
    everything = len(labels) * len(sensitivity.NAMES)
    return Table(
        title="By alteration",
        note=f"Right of {len(labels)} pictures of the test part. The project's own {SAMPLES} pictures gave "
        f"{ARTBENCH_RIGHT[32]} and {ARTBENCH_RIGHT[128]} of 66; they are not public.",
        heads=["alteration", "pictures", "right at 32 px", "right at 128 px"],
        rows=[
            *([name, len(labels), *map(int, counts)] for name, counts in zip(sensitivity.NAMES, right.T, strict=True)),
            ["all together", everything, *map(int, right.sum(1))],
        ],
    )
