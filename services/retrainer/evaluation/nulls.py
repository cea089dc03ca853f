"""Detectors that must not be needed: what shape, codec grid, colours or noise statistics alone can do.

Each is fitted on the very images that a model is judged on, by folds that part no owner, and so knows more of them
than the model does. A model is worth what it adds to the strongest.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from services.retrainer.data.samples import Dataset
from services.retrainer.data.split import folds
from services.retrainer.evaluation import nuisance
from services.retrainer.evaluation.noise import noise_statistics
from services.retrainer.statistics.calibrate import balanced

Floats = NDArray[np.float64]
Labels = NDArray[np.uint8]
Features = Mapping[str, NDArray[np.float32]]
Score = Callable[[NDArray[np.float32]], Floats]
Fit = Callable[[NDArray[np.float32], Labels, Floats], Score]
"""Features [N, F], labels and weights [N] to what gives features log-odds."""

Describe = Callable[[Image.Image], NDArray[np.float32]]

DESCRIBE: Mapping[str, Describe] = {
    "shape": nuisance.shape,
    "grid": nuisance.grid,
    "colour": nuisance.colour,
    "noise": noise_statistics,
}

SAYS = {
    "shape": "width, height and their divisibility",
    "grid": "the phase of an 8 px codec grid",
    "colour": "colour statistics",
    "noise": "hand-made noise statistics",
    "noise + colour": "both together",
}

CONTENTLESS = ("shape", "grid", "colour")
"""Without the traces of a generator: where one of them separates the classes, it is by how they were collected."""

FOLDS = 6
TREES = 200
STEPS = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class NullScores:
    """`scores` float64, one of each prediction that is judged, out of fold; larger means AI."""

    says: str
    scores: Floats


def describe(image: Image.Image) -> dict[str, NDArray[np.float32]]:
    """What each null reads of an RGB picture, a float32 [F] each."""
    return {name: statistic(image) for name, statistic in DESCRIBE.items()}


def stacked(described: Iterable[Mapping[str, NDArray[np.float32]]]) -> dict[str, NDArray[np.float32]]:
    """The descriptions of N pictures as float32 [N, F] by null."""
    rows = list(described)
    return {name: np.stack([row[name] for row in rows]) for name in DESCRIBE}


def out_of_fold(
    views: Features, labels: Labels, owners: NDArray[np.str_], fold: NDArray[np.integer], *, judged: int = 1
) -> dict[str, NullScores]:
    """Scores of every null for N images, each by a model of the other folds, in the order of a flattened [N, judged].

    `views` float32 [V, N, F] by null: V looks at each image; all of them teach, the first `judged` are judged. Classes
    weigh the same, and in each the owners.
    """
    scores = {
        name: _scores(looks, labels, owners, fold, fits=FITS[name], judged=judged) for name, looks in views.items()
    }
    scores["noise + colour"] = (2 * scores["noise"] + scores["colour"]) / 3  # each fit counts once
    return {name: NullScores(says=SAYS[name], scores=of) for name, of in scores.items()}


def owner_folds(dataset: Dataset) -> NDArray[np.int64]:
    """FOLDS folds that part no owner, or as many as a class has owners; raises ConfigurationError for fewer than 2."""
    owners = [len(np.unique(dataset.owners[dataset.labels == label])) for label in (0, 1)]
    return folds(dataset, max(2, min(FOLDS, *owners)), seed=0)


def _scores(
    looks: NDArray[np.float32],
    labels: Labels,
    owners: NDArray[np.str_],
    fold: NDArray[np.integer],
    *,
    fits: Sequence[Fit],
    judged: int,
) -> Floats:
    scores = np.empty((len(labels), judged))
    for held in (fold == number for number in np.unique(fold)):
        taught = np.concatenate([look[~held] for look in looks])
        truth = np.tile(labels[~held], len(looks))
        weights = np.tile(balanced(labels[~held], owners[~held], power=1), len(looks))
        fitted = [fit(taught, truth, weights) for fit in fits]
        for look in range(judged):
            scores[held, look] = np.mean([score(looks[look][held]) for score in fitted], axis=0)
    return scores.ravel()


def _line(features: NDArray[np.float32], labels: Labels, weights: Floats) -> Score:
    scaler = StandardScaler().fit(features)

    def within(rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """No number counts for more than three deviations."""
        return np.clip(scaler.transform(rows), -3, 3)

    model = LogisticRegression(C=0.001, max_iter=200).fit(within(features), labels, sample_weight=weights)
    return lambda rows: model.decision_function(within(rows))


def _trees(features: NDArray[np.float32], labels: Labels, weights: Floats) -> Score:
    """Boosted trees over ranks: left to itself, scikit-learn bins weighted columns in Python, for most of the time."""
    edges = np.quantile(features, np.linspace(0, 1, STEPS + 1)[1:-1], axis=0).T

    def steps(rows: NDArray[np.float32]) -> NDArray[np.intp]:
        return np.stack([np.searchsorted(edge, column) for edge, column in zip(edges, rows.T, strict=True)], axis=1)

    model = HistGradientBoostingClassifier(
        max_iter=TREES, learning_rate=0.06, max_leaf_nodes=8, l2_regularization=1.0, max_features=0.2, random_state=0
    ).fit(steps(features), labels, sample_weight=weights)
    return lambda rows: model.decision_function(steps(rows))


FITS: Mapping[str, Sequence[Fit]] = {
    "shape": (_trees,),
    "grid": (_trees,),
    "colour": (_trees,),
    "noise": (_line, _trees),
}
"""Noise is read by a line, too: over so many numbers it does as well as trees, and the two err differently."""
