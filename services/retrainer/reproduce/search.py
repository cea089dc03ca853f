"""A bounded random search (Bergstra & Bengio, JMLR 2012) over learning rate, dropout and filters."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from services.retrainer.reproduce.parts import Parts
from services.retrainer.reproduce.report import Table
from services.retrainer.reproduce.trials import Outcome, Trial, Trials

RATES = (1e-4, 1e-2)
"""Drawn between them, evenly in the logarithm."""

DROPOUT = (0.0, 0.5)


def draws(base: Trial, filters: Sequence[int], n: int) -> Iterator[Trial]:
    """`n` variants of `base`, the same for its seed however many are asked for."""
    for index in range(n):
        chance = np.random.default_rng([base.seed, index])
        rate = float(np.exp(chance.uniform(*np.log(RATES))))
        drawn = {"filters": int(chance.choice(filters)), "dropout": round(float(chance.uniform(*DROPOUT)), 3)}
        yield replace(
            base,
            name=f"search {index + 1}",
            learning_rate=float(f"{rate:.3g}"),
            options={**base.options, **drawn},
        )


def search(trials: Trials, parts: Parts, base: Trial, filters: Sequence[int], n: int) -> list[Outcome]:
    """What could be trained in the time, the best by validation first."""
    outcomes = [trials.outcome(trial, parts) for trial in draws(base, filters, n)]
    return sorted(filter(None, outcomes), key=lambda outcome: -outcome.validation["accuracy"])


def table(outcomes: Sequence[Outcome]) -> Table:
    return Table(
        title="Search over learning rate, dropout and filters",
        note="The best by accuracy in validation first; the test part chose nothing.",
        heads=["trial", "learning rate", "dropout", "filters", "weights", "validation, %", "test, %", "test AUROC"],
        rows=[
            [
                outcome.trial.name,
                f"{outcome.trial.learning_rate:.2g}",
                f"{outcome.trial.options['dropout']:.2f}",
                outcome.trial.options["filters"],
                outcome.parameters,
                100 * outcome.validation["accuracy"],
                100 * outcome.test["accuracy"],
                outcome.test["roc_auc"],
            ]
            for outcome in outcomes
        ],
    )
