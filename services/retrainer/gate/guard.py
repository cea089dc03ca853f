"""A version directory and the guard set → what the gate needs to know of that version.

The guard set has three parts: views that travel with a version as embeddings, labelled pictures of the operator's own,
and regression cases. Of the first a version's logits are one product with its head's weights; the others go through
its ONNX file as in a worker.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import numpy as tensors

from services.retrainer.gate.latency import latency_ms
from services.retrainer.gate.own import LANE, GuardImage, decoded, own_columns, own_looks, own_probabilities, scored
from services.retrainer.gate.report import COLUMNS, CaseResult, GuardReport
from services.retrainer.versions.embedded import Embedded
from shared.domain.job import Lane
from shared.domain.labels import Label
from shared.domain.model_card import CalibrationTable
from shared.errors import ModelRefused
from shared.scoring.calibration import probability
from shared.scoring.manifest import MANIFEST, read_verified
from shared.scoring.session import Model
from shared.scoring.space import body

GUARD = "guard.npz"
WEIGHTS = "model.safetensors"

Probabilities = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class RegressionCase:
    """A picture that a person settled after a report: `expected` 1 for AI-generated; `image` gives its bytes."""

    id: str
    expected: int
    image: Callable[[], bytes]

    @property
    def label(self) -> Label:
        return Label.AI if self.expected else Label.HUMAN


def reports(
    candidate: Path,
    champion: Path,
    shipped: Path,
    *,
    work: Path,
    images: Sequence[GuardImage] = (),
    cases: Sequence[RegressionCase] = (),
    heard: Callable[[int, int], None] = lambda *_: None,
) -> tuple[GuardReport, GuardReport, GuardReport]:
    """The reports of three version directories, on rows that all three can be read on.

    Each version's embeddings are its own network's, and only views that all three have count: where one has none, or
    none of the others', all rests on `images`. `heard` is told after each reading of an image how many of how many are
    done, and may raise to end it; what was read is kept in `work`, and given again it goes on from there.

    Raises ModelRefused for a candidate that carries the champion's embeddings under another network, and as
    `guard_report` does.
    """
    directories = (candidate, champion, shipped)
    guards = _common([guard_of(directory) for directory in directories])
    ours, theirs = guards[:2]
    same = ours is not None and theirs is not None and np.array_equal(ours.vectors, theirs.vectors)
    if same and len({_network((directory / WEIGHTS).read_bytes()) for directory in (candidate, champion)}) > 1:
        raise ModelRefused(f"{candidate}: {GUARD} holds the champion's embeddings, but its network is another")
    # The champion often is the shipped version, and pictures take their time.
    wanted = dict(zip(directories, guards, strict=True))
    done = count(1)
    read = {
        directory: guard_report(
            directory, guard, images, cases, work=work, heard=lambda: heard(next(done), len(wanted) * len(images))
        )
        for directory, guard in wanted.items()
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
    *,
    work: Path,
    heard: Callable[[], None] = lambda: None,
) -> GuardReport:
    """What the version in `directory` says of the rows of `guard`, embedded by its own network, then of the looks at
    `images`, then of `cases`. `heard` is called after each image, of which `work` then holds what was said.

    Raises ModelRefused for a directory that no worker would load or whose head does not fit `guard`, and
    ConfigurationError, with its key, for a picture that cannot be read.
    """
    files = read_verified(directory)
    model = Model.load(directory, provider="cpu", threads=1)
    travelling = _travelling(directory, files.get(WEIGHTS), guard, model) if guard is not None else np.empty(0)
    looks = own_looks(images)
    own = own_probabilities(model, looks, _of_version(work, directory), heard)
    return GuardReport(
        version=model.card.version,
        probabilities=np.concatenate([travelling, own]),
        thresholds=model.card.thresholds,
        cases=tuple(
            CaseResult(
                id=case.id,
                expected=case.expected,
                probability=scored(model, decoded(case.image, f"case {case.id}"), LANE),
            )
            for case in cases
        ),
        latency_ms=latency_ms(model),
        size_bytes=len(files["model.onnx"]),
        network=_network(files.get(WEIGHTS)),
        **_columns(guard, own_columns(looks)),
    )


def _of_version(work: Path, directory: Path) -> Path:
    """A folder below `work` for what this very version says, and no other of its number."""
    folder = work / f"read-{hashlib.sha256((directory / MANIFEST).read_bytes()).hexdigest()[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


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


def _columns(guard: Embedded | None, own: Mapping[str, Any]) -> dict[str, Any]:
    if guard is None:
        return dict(own)
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


def _network(weights: bytes | None) -> str:
    return "" if weights is None else body(weights).hex()
