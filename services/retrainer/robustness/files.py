"""Every file with its picture, its label and what the detector said: aiornot's table."""

import csv
import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from services.retrainer.data.pictures import picture as decoded
from services.retrainer.data.samples import AI, HUMAN, Dataset, Sample
from services.retrainer.pages.markup import Html, marked, paragraph, picture, study, table
from services.retrainer.pages.section import Section
from services.retrainer.robustness.detector import WORDS, Detector

PAGE = 50
THUMBNAIL = 112
"""Longest side, in px."""

LABELS = {HUMAN: "human", AI: "AI"}


def section(
    detector: Detector, dataset: Dataset, probabilities: NDArray[np.float64], *, cap: int = 300, title: str = "Files"
) -> Section:
    """The `cap` most mistaken files, a page of 50 unfolded at a time; all of them are in `files.csv`.

    `probabilities` [N] are the detector's for the samples of `dataset`, in that order.
    """
    order = np.argsort(-mistakes(dataset.labels, probabilities), kind="stable")
    shown = [(dataset.samples[index], float(probabilities[index])) for index in order[:cap]]
    pages = [shown[start : start + PAGE] for start in range(0, len(shown), PAGE)]
    html = study(
        paragraph(
            f"{detector.name} on {len(dataset):,} files of {dataset.name}, the most mistaken first"
            + (f"; the first {cap:,} are shown, all stand in files.csv." if len(dataset) > cap else ".")
        ),
        *(_page(detector, rows, first=PAGE * index + 1) for index, rows in enumerate(pages)),
    )
    data = {"files": len(dataset), "shown": len(shown)}
    return Section(title=title, html=html, data=data, files={"files.csv": _csv(detector, dataset, probabilities)})


def mistakes(labels: NDArray[np.uint8], probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far each probability lies from the truth, in [0, 1]."""
    return np.abs(probabilities - labels)


def _page(detector: Detector, rows: Sequence[tuple[Sample, float]], *, first: int) -> str:
    body = table(
        ["", "file", "kind", "label", "prediction", "AI probability"],
        [_row(detector, sample, probability) for sample, probability in rows],
        words=5,
    )
    state = " open" if first == 1 else ""
    return f"<details{state}><summary>{first} to {first + len(rows) - 1}</summary>\n{body}\n</details>"


def _row(detector: Detector, sample: Sample, probability: float) -> list[str]:
    said = WORDS[detector.verdict(probability)]
    wrong = {HUMAN: "likely AI", AI: "likely human"}[sample.label]
    shown = marked(said, "bad") if said == wrong else marked(said, "good") if said != "uncertain" else said
    return [
        _thumbnail(decoded(sample)),
        sample.name,
        sample.kind or sample.generator or "–",
        LABELS[sample.label],
        shown,
        f"{100 * probability:.1f} %",
    ]


def _thumbnail(image: Image.Image) -> Html:
    small = image.copy()
    small.thumbnail((THUMBNAIL, THUMBNAIL), Image.Resampling.LANCZOS)
    return picture(small, "", quality=75)


def _csv(detector: Detector, dataset: Dataset, probabilities: NDArray[np.float64]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["file", "label", "prediction", "ai_probability", "kind", "generator", "owner"])
    for sample, probability in zip(dataset.samples, probabilities.tolist(), strict=True):
        said = detector.verdict(probability).value
        label = LABELS[sample.label].lower()
        writer.writerow([sample.name, label, said, f"{probability:.6f}", sample.kind, sample.generator, sample.owner])
    return text.getvalue().encode()
