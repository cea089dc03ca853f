"""`jinwi evaluate`: a version on disk before labelled images, and what needs no detector beside it."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console
from rich.progress import track

from services.retrainer.data import matched
from services.retrainer.data.pictures import LIMITS, picture
from services.retrainer.data.samples import AI, HUMAN, Dataset, Sample
from services.retrainer.evaluation import report, summary
from services.retrainer.evaluation.judgement import Judgement, judge
from services.retrainer.evaluation.nulls import NullScores, describe, out_of_fold, owner_folds, stacked
from services.retrainer.evaluation.predictions import Predictions
from services.retrainer.pages.section import Section
from services.retrainer.robustness import files, graph_cam
from services.retrainer.robustness.detector import Detector, of_model
from services.retrainer.robustness.graph_cam import GraphCam
from services.retrainer.robustness.sections import sections
from services.retrainer.sources import open_datasets
from shared import scoring
from shared.domain.job import Lane
from shared.errors import ConfigurationError
from shared.imaging.decode import decode
from shared.scoring.manifest import MANIFEST
from shared.scoring.session import Model

MATCHED, RAW = "matched", "raw"

LOOKS = 2
"""At each image in the matched view: all teach the nulls, the first is judged."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """Where the page lies, what report.json holds, and for a terminal warnings and heads and rows of a table."""

    page: Path
    document: Mapping[str, Any]
    warnings: Sequence[str]
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]


def run(
    model: str,
    data: Sequence[str],
    *,
    matched_view: bool,
    studies: bool,
    lane: str,
    out: Path,
    beside: str | None = None,
) -> Report:
    """Judge `model` on `data` and write page and JSON into `out`.

    With `matched_view` that view comes first and the raw one second; `studies` adds what degradations and composites
    do, and the table of files; `beside`, another version, adds these and how the two differ. Raises ConfigurationError.
    """
    detector, dataset = load(model, Lane(lane)), open_datasets(data)
    other = load(beside, Lane(lane), maps=True) if beside else None
    views = [MATCHED, RAW] if matched_view else [RAW]
    judgements = [evaluate(detector, dataset, view=view) for view in views]
    mapped = load(model, Lane(lane), maps=True) if studies or other else None
    sections = list(_studies(mapped, other, dataset, judgements[0])) if mapped else []
    page = report.write(out, detector.name, dataset.name, judgements, sections)
    heads, rows = summary.summary(judgements)
    document = report.document(detector.name, dataset.name, judgements, sections)
    return Report(page=page, document=document, warnings=summary.warnings(judgements), heads=heads, rows=rows)


def _studies(detector: Detector, other: Detector | None, dataset: Dataset, judgement: Judgement) -> Iterator[Section]:
    yield from sections(detector, dataset, other=other, base=judgement.view)
    yield files.section(detector, dataset, judgement.predictions.probabilities)


def load(name: str, lane: Lane, *, maps: bool = False) -> Detector:
    """A detector from a version's directory or the number of a shipped version; raises ConfigurationError.

    With `maps` one that draws none is given those of Grad-CAM, where its graph has something to look at.
    """
    directories = {path.name: path for path in scoring.shipped()}
    directory = Path(name) if (Path(name) / MANIFEST).is_file() else directories.get(name)
    if directory is None:
        raise ConfigurationError(
            f"{name} is neither a version's directory nor a shipped version; shipped are {', '.join(directories)}"
        )
    model = Model.load(directory, provider="cpu", threads=1)
    return of_model(model, lane=lane, cam=_cam(directory) if maps and not model.draws_maps else None)


def _cam(directory: Path) -> GraphCam | None:
    with contextlib.suppress(ConfigurationError):
        return graph_cam.of_version(directory)
    return None


def evaluate(detector: Detector, dataset: Dataset, *, view: str, seed: int = 0) -> Judgement:
    """Every image decoded, seen in `view` (matched or raw), scored, and judged beside the nulls.

    Raises ConfigurationError for a file that is no picture.
    """
    probabilities, described = [], []
    for looks in _tracked(dataset, view):
        probabilities.append(float(detector.score(looks[:1]).probabilities[0]))
        described.append([describe(look) for look in looks])
    predictions = Predictions.from_probabilities(dataset, np.array(probabilities))
    return judge(predictions, detector.thresholds, _nulls(dataset, described), view=view, seed=seed)


def null_scores(
    dataset: Dataset, *, view: str, fold: NDArray[np.integer] | None = None, judged: int = 1
) -> dict[str, NullScores]:
    """Those of the nulls alone, for predictions that are out of fold themselves, of `judged` looks at each image.

    `fold` int [N] is that of each image, by default one that parts no owner. None where a class has one owner.
    """
    described = [[describe(look) for look in looks] for looks in _tracked(dataset, view)]
    return _nulls(dataset, described, fold, judged)


Described = Sequence[Sequence[Mapping[str, NDArray[np.float32]]]]
"""Of each image and each look at it, what the nulls read."""


def _tracked(dataset: Dataset, view: str) -> Iterator[list[Image.Image]]:
    """The looks at one image after the other, with a bar; all of them would not fit into memory."""
    console = Console(stderr=True)
    samples = track(dataset.samples, f"{view} view", console=console, transient=True, disable=not console.is_terminal)
    return (list(_looks(sample, view)) for sample in samples)


def _looks(sample: Sample, view: str) -> Iterator[Image.Image]:
    image = picture(sample)
    if view == RAW:
        yield image
        return
    for draw in range(LOOKS):
        yield decode(matched.view(image, sample.name, draw), LIMITS).image


def _nulls(
    dataset: Dataset, described: Described, fold: NDArray[np.integer] | None = None, judged: int = 1
) -> dict[str, NullScores]:
    if any(len(np.unique(dataset.owners[dataset.labels == label])) < 2 for label in (HUMAN, AI)):
        return {}
    looks = [stacked(one[look] for one in described) for look in range(len(described[0]))]
    views = {name: np.stack([look[name] for look in looks]) for name in looks[0]}
    by = owner_folds(dataset) if fold is None else fold
    return out_of_fold(views, dataset.labels, dataset.owners, by, judged=judged)
