"""Predictions with known truth: owners of both classes, each with so many images."""

import numpy as np

from services.retrainer.evaluation.predictions import Predictions


def predictions(logits, labels, *, owners=None, kinds=None, generators=None):
    count = len(labels)
    labels = np.asarray(labels, np.uint8)

    def named(given, default):
        return np.asarray(default if given is None else given, np.str_)

    return Predictions(
        labels=labels,
        logits=np.asarray(logits, np.float64),
        owners=named(owners, [f"owner-{index}" for index in range(count)]),
        kinds=named(kinds, np.where(labels == 0, "photo", "")),
        generators=named(generators, np.where(labels == 1, "a generator", "")),
        names=np.array([f"{index}.jpg" for index in range(count)]),
    )


def calibrated(count=4000, *, spread=1.5, seed=0):
    """Logits that are the log-odds: AI images at +d, human ones at -d, both normal with variance 2 d."""
    random = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    logits = random.normal(np.where(labels == 1, spread, -spread), np.sqrt(2 * spread))
    return predictions(logits, labels, owners=[f"owner-{index % 200}" for index in range(count)])
