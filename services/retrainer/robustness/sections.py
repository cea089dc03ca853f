"""The studies of this package as chapters of a report, those that were asked for."""

from collections.abc import Callable, Iterator
from functools import partial

from services.retrainer.data.samples import Dataset
from services.retrainer.pages.markup import paragraph, study
from services.retrainer.pages.section import Section
from services.retrainer.robustness import (
    composites,
    composites_page,
    grid,
    grid_page,
    portraits,
    sensitivity,
    sensitivity_page,
)
from services.retrainer.robustness.choose import some
from services.retrainer.robustness.detector import Detector
from shared.errors import ConfigurationError


def sections(
    detector: Detector,
    dataset: Dataset,
    *,
    other: Detector | None = None,
    robustness: bool = True,
    composite: bool = True,
    sensitive: bool = True,
    base: str = "matched",
    pictures: int = 400,
    seed: int = 0,
) -> Iterator[Section]:
    """Grid and portraits, composites, sensitivity (beside the `other` detector, where there is one), one by one.

    Each judges at most `pictures` of the data set, chosen evenly from owners; `base` is one of BASES. Where the data
    set lacks what a study needs, its chapter says so.
    """
    chosen = some(dataset, pictures, seed=seed)
    if robustness:
        yield _or_said("Robustness", lambda: grid_page.section(grid.measure(detector, chosen, base=base, seed=seed)))
        yield portraits.section(detector, dataset, pictures=pictures, seed=seed)
    if composite:
        count = max(1, pictures // 4)
        pasted = partial(composites.measure, detector, dataset, count=count, base=base, seed=seed)
        yield _or_said("Composites", lambda: composites_page.section(pasted()))
    if sensitive:
        detectors = [detector] if other is None else [detector, other]
        yield sensitivity_page.section(sensitivity.measure(detectors, chosen, base=base, seed=seed))


def _or_said(title: str, measure: Callable[[], Section]) -> Section:
    try:
        return measure()
    except ConfigurationError as exc:
        return Section(title=title, html=study(paragraph(f"Not measured: {exc}.")), data={"measured": False})
