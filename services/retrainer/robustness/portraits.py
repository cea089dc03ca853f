"""Portraits as on an ID card, a group of their own: what aiornot was made for."""

import numpy as np

from services.retrainer.data.pictures import picture as decoded
from services.retrainer.data.samples import AI, HUMAN, Dataset
from services.retrainer.pages.markup import paragraph, picture, png, study
from services.retrainer.pages.section import Section
from services.retrainer.robustness import grid, grid_page
from services.retrainer.robustness.bases import id_card
from services.retrainer.robustness.choose import some
from services.retrainer.robustness.detector import Detector
from services.retrainer.robustness.sheet import Reading, Tile, sheet

KIND = "portrait"
TITLE = "Portraits as on an ID card"
LEAST = 5
"""Of each class, to be measured at all."""

SHOWN = 5
"""Of each class on the contact sheet."""


def section(detector: Detector, dataset: Dataset, *, pictures: int = 400, seed: int = 0) -> Section:
    """The grid over at most so many samples of kind `portrait`, cut, sized and compressed as for an ID card."""
    of_kind = dataset.where(np.array([sample.kind == KIND for sample in dataset.samples], np.bool_))
    portraits = some(of_kind, pictures, seed=seed)
    counts = {name: int((portraits.labels == label).sum()) for name, label in (("human", HUMAN), ("ai", AI))}
    if min(counts.values()) < LEAST:
        text = f"Not measured: {dataset.name} holds {counts['human']} human and {counts['ai']} AI portraits."
        return Section(title=TITLE, html=study(paragraph(text)), data={"measured": False, **counts})
    measured = grid_page.section(grid.measure(detector, portraits, base="id-card", seed=seed), TITLE)
    shown = some(portraits, 2 * SHOWN, seed=seed)
    tiles = {label: _tiles(detector, shown.where(shown.labels == label)) for label in (HUMAN, AI)}
    page = sheet([""] * max(map(len, tiles.values())), [("human", tiles[HUMAN]), ("AI", tiles[AI])])
    html = measured.html + study(picture(page, "portraits cut as for an ID card, with scores"))
    return Section(title=TITLE, html=html, data={"measured": True, **measured.data}, files={"portraits.png": png(page)})


def _tiles(detector: Detector, portraits: Dataset) -> list[Tile]:
    images = [id_card(decoded(sample), sample.name) for sample in portraits.samples]
    return [
        Tile(picture=image, readings=[Reading(words=detector.words(score), probability=score)])
        for image, score in zip(images, detector.score(images).probabilities.tolist(), strict=True)
    ]
