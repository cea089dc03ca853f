"""A version directory and the guard set → what the gate needs to know of that version.

The guard set has three parts: views that travel with a version as embeddings, labelled pictures of the operator's own,
and regression cases. Of the first a version's logits are one product with its head's weights; the others go through
its ONNX file as in a worker.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from safetensors import numpy as tensors

from services.retrainer.data.pictures import LIMITS
from services.retrainer.gate.latency import latency_ms
from services.retrainer.gate.report import COLUMNS, CaseResult, GuardReport
from services.retrainer.versions.embedded import PLAIN, Embedded
from shared.domain.job import Lane
from shared.domain.model_card import CalibrationTable
from shared.errors import ConfigurationError, ImageRefused, ModelRefused
from shared.imaging.decode import decode
from shared.imaging.prepare import prepare
from shared.scoring.calibration import probability
from shared.scoring.manifest import read_verified
from shared.scoring.picture import Picture
from shared.scoring.session import Model

GUARD = "guard.npz"
WEIGHTS = "model.safetensors"
OWN = "own:"
"""How an operator's pictures are told from those that travel."""

LANE = Lane.INTERACTIVE
"""In which pictures of one's own and cases are read: the closer look."""

Probabilities = NDArray[np.float64]


class GuardImage(Protocol):
    """A labelled picture that never teaches: `label` 1 for AI-generated; `image` gives its bytes."""

    @property
    def key(self) -> str: ...
    @property
    def label(self) -> float: ...
    @property
    def owner(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def image(self) -> Callable[[], bytes]: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class RegressionCase:
    """A picture that a person settled after a report: `expected` 1 for AI-generated; `image` gives its bytes."""

    id: str
    expected: int
    image: Callable[[], bytes]


def reports(
    candidate: Path,
    champion: Path,
    shipped: Path,
    *,
    images: Sequence[GuardImage] = (),
    cases: Sequence[RegressionCase] = (),
) -> tuple[GuardReport, GuardReport, GuardReport]:
    """The reports of three version directories, on rows that all three can be read on.

    Each version's embeddings are its own network's, and only views that all three have count: where one has none, or
    none of the others', all rests on `images`. Raises ModelRefused for a candidate that carries the champion's
    embeddings under another network, and as `guard_report` does.
    """
    directories = (candidate, champion, shipped)
    guards = _common([guard_of(directory) for directory in directories])
    ours, theirs = guards[:2]
    same = ours is not None and theirs is not None and np.array_equal(ours.vectors, theirs.vectors)
    if same and not _same_backbone(candidate, champion):
        raise ModelRefused(f"{candidate}: {GUARD} holds the champion's embeddings, but its network is another")
    # The champion often is the shipped version, and pictures take their time.
    read = {
        directory: guard_report(directory, guard, images, cases)
        for directory, guard in dict(zip(directories, guards, strict=True)).items()
    }
    return read[candidate], read[champion], read[shipped]


def guard_of(directory: Path) -> Embedded | None:
    """The guard set that travels with a version; raises ModelRefused for a file that is none."""
    path = directory / GUARD
    if not path.exists() or not (directory / WEIGHTS).exists():
        return None
    try:
        return Embedded.load(path)
    except (OSError, ValueError, KeyError) as exc:
        raise ModelRefused(f"{path} cannot be read: {exc}") from exc


def guard_report(
    directory: Path,
    guard: Embedded | None,
    images: Sequence[GuardImage] = (),
    cases: Sequence[RegressionCase] = (),
) -> GuardReport:
    """What the version in `directory` says of the rows of `guard`, embedded by its own network, then of `images`, then
    of `cases`.

    Raises ModelRefused for a directory that no worker would load or whose head does not fit `guard`, and
    ConfigurationError, with its key, for a picture that cannot be read.
    """
    files = read_verified(directory)
    model = Model.load(directory, provider="cpu", threads=1)
    travelling = _travelling(directory, files.get(WEIGHTS), guard, model) if guard is not None else np.empty(0)
    own = [_score(model, image.image, f"guard picture {image.key}") for image in images]
    return GuardReport(
        version=model.card.version,
        probabilities=np.concatenate([travelling, own]),
        thresholds=model.card.thresholds,
        cases=tuple(
            CaseResult(id=case.id, expected=case.expected, probability=_score(model, case.image, f"case {case.id}"))
            for case in cases
        ),
        latency_ms=latency_ms(model),
        size_bytes=len(files["model.onnx"]),
        **_columns(guard, images),
    )


def calibrated(logits: NDArray[np.floating], guard: Embedded, calibration: CalibrationTable) -> Probabilities:
    """Probabilities, float64 [N], of `logits`, float [N], each by its row's lane and short side."""
    said = np.empty(len(guard))
    for lane in np.unique(guard.lanes):
        for short_side in np.unique(guard.short_sides[guard.lanes == lane]):
            rows = (guard.lanes == lane) & (guard.short_sides == short_side)
            said[rows] = probability(logits[rows], calibration.of(Lane(str(lane)), int(short_side)))
    return said


def _travelling(directory: Path, weights: bytes | None, guard: Embedded, model: Model) -> Probabilities:
    if weights is None:
        raise ModelRefused(f"{directory}: without {WEIGHTS} nothing can be said of embeddings")
    held = tensors.load(weights)
    try:
        weight, bias = held["head.weight"], held["head.bias"]
    except KeyError as exc:
        raise ModelRefused(f"{directory}: {WEIGHTS} holds no {exc}") from exc
    if weight.shape != (1, guard.vectors.shape[1]) or bias.shape != (1,):
        raise ModelRefused(
            f"{directory}: a head of {weight.shape} and {bias.shape} does not fit embeddings of {guard.vectors.shape}"
        )
    logits = guard.vectors.astype(np.float64) @ weight[0].astype(np.float64) + float(bias[0])
    return calibrated(logits, guard, model.card.calibration)


def _score(model: Model, image: Callable[[], bytes], name: str) -> float:
    try:
        decoded = decode(image(), LIMITS).image
    except ImageRefused as exc:
        raise ConfigurationError(f"the {name} cannot be judged: {exc.detail}; take it out") from exc
    pixels = prepare(decoded, model.card.input, LANE)
    [score] = model.score_pictures(
        [Picture(pixels=pixels, width=decoded.width, height=decoded.height, lane=LANE)],
    )
    return score.probability


def _columns(guard: Embedded | None, images: Sequence[GuardImage]) -> dict[str, Any]:
    own = {
        "labels": np.array([round(image.label) for image in images], np.uint8),
        "owners": np.array([OWN + image.owner for image in images], np.str_),
        "kinds": np.array([image.kind for image in images], np.str_),
        "pictures": np.array([OWN + image.key for image in images], np.str_),
        "cells": np.full(len(images), PLAIN),
        "lanes": np.full(len(images), LANE.value),
    }
    if guard is None:
        return own
    return {name: np.concatenate([getattr(guard, name), own[name]]) for name in COLUMNS}


def _common(guards: Sequence[Embedded | None]) -> list[Embedded | None]:
    """Of each the views that all have, in the same order; None for all where there is no such view."""
    numbered = [{} if guard is None else _numbered(guard) for guard in guards]
    shared = [view for view in numbered[0] if all(view in others for others in numbered[1:])]
    if not shared:
        return [None] * len(guards)
    return [
        None if guard is None else guard.rows(np.array([rows[view] for view in shared]))
        for guard, rows in zip(guards, numbered, strict=True)
    ]


def _numbered(guard: Embedded) -> dict[tuple[Hashable, ...], int]:
    """The row of each view; those that are alike in all but their pixels are told apart by their order."""
    seen: Counter[tuple[Hashable, ...]] = Counter()
    rows: dict[tuple[Hashable, ...], int] = {}
    for row, view in enumerate(zip(*(getattr(guard, name).tolist() for name in COLUMNS), strict=True)):
        rows[*view, seen[view]] = row
        seen[view] += 1
    return rows


def _same_backbone(some: Path, other: Path) -> bool:
    ours, theirs = (dict(_backbone(directory)) for directory in (some, other))
    return ours.keys() == theirs.keys() and all(np.array_equal(ours[name], theirs[name]) for name in ours)


def _backbone(directory: Path) -> Iterator[tuple[str, NDArray[np.generic]]]:
    for name, values in tensors.load((directory / WEIGHTS).read_bytes()).items():
        if not name.startswith("head."):
            yield name, values
