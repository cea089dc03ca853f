"""The composites as a chapter of a report."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict

import numpy as np
from PIL import Image

from services.retrainer.pages.figures import SHARE, SIGNED, figure
from services.retrainer.pages.markup import explained, paragraph, picture, png, study, table
from services.retrainer.pages.section import Section, document
from services.retrainer.robustness.compose import AI_IN_HUMAN, CONTROLS, Composite
from services.retrainer.robustness.composites import Composites, Group, Localisation
from services.retrainer.robustness.detector import Detector, Map, Scored, remark
from services.retrainer.robustness.localise import found
from services.retrainer.robustness.overlay import outlined, overlay, scale_of
from services.retrainer.robustness.sheet import Reading, Tile, sheet

FACE_SWAPS = (
    "Face swaps are not measured: there is no set of them here with a known truth, and patches pasted by a program "
    "say nothing about them."
)


def section(measured: Composites, title: str = "Composites") -> Section:
    """What the figures say by rule, tables, contact sheet."""
    page = contact_sheet(measured)
    html = study(
        paragraph(
            "A patch of 20 to 50 % of the sides, from a picture of another owner, hard or feathered at its edge. Both "
            f"pictures come in the {measured.base} view, and the pasted and the unpasted picture end with the same "
            "round of JPEG. Human in human and AI in AI are controls: there is a seam to find, and no other class."
        ),
        paragraph(finding(measured)),
        *([paragraph(said)] if (said := remark([measured.detector])) else []),
        paragraph(FACE_SWAPS),
        table(
            ["", "pictures (owners)", "logit moves to the patch's side by", "moved so", "likely AI", "unpasted"],
            [_score_row(group) for group in measured.groups],
        ),
        *_localisation_table(measured.groups),
        picture(page, "composites, outlined, with the map before and after"),
    )
    data = {
        "detector": measured.detector.name,
        "base": measured.base,
        "finding": finding(measured),
        "groups": [asdict(group) for group in measured.groups],
        "face_swaps": "not measured",
    }
    return Section(title=title, html=html, data=document(data), files={"composites.png": png(page)})


def finding(measured: Composites) -> str:
    """Whether the map finds AI patches: its gain must lie above 0, and above all that the control gains."""
    name = measured.detector.name
    tried = [where.gain for where in _localisations(measured.groups, AI_IN_HUMAN.name)]
    seams = [where.gain.high for where in _localisations(measured.groups, CONTROLS[0].name)]
    if not tried:
        return f"{name} draws no map: only its score is measured."
    if not all(gain.low > 0 for gain in tried):
        return f"These figures do not show that the map of {name} finds AI patches in photographs."
    if min(gain.value for gain in tried) > max(seams):
        return f"The map of {name} finds AI patches in photographs, and it is not only the seam that it finds."
    return f"The map of {name} rises at AI patches in photographs, but by the control it may be the seam that it finds."


def _localisations(groups: Sequence[Group], direction: str) -> list[Localisation]:
    return [group.localisation for group in groups if group.localisation and group.direction == direction]


def _score_row(group: Group) -> list[str]:
    return [
        explained(group.direction, f"{group.edge} edge, {100 * group.area:.0f} % of the area"),
        f"{group.pictures:,} ({group.owners:,})",
        figure(group.moved, SIGNED),
        figure(group.followed, SHARE),
        figure(group.likely_ai, SHARE),
        figure(group.likely_ai_unpasted, SHARE),
    ]


def _localisation_table(groups: Sequence[Group]) -> list[str]:
    rows = [
        [
            explained(group.direction, f"{group.edge} edge"),
            figure(where.auroc),
            figure(where.auroc_null),
            figure(where.gain, SIGNED),
            figure(where.iou),
            figure(where.iou_null),
            f"{where.iou_ceiling.value:.3f}",
            figure(where.pointed, SHARE),
            figure(where.pointed_null, SHARE),
        ]
        for group in groups
        if (where := group.localisation) is not None
    ]
    heads = ["", "AUROC of cells, inside against outside", "null", "gain", "IoU above the median", "null"]
    return [table([*heads, "a perfect map's", "peak in the patch", "null"], rows)] if rows else []


def contact_sheet(measured: Composites) -> Image.Image:
    """A row for each example: unpasted and pasted, each with its score and, where there is one, its map."""
    maps = [_levelled(evidence) for _, scored in measured.examples for evidence in scored.maps or ()]
    scale = scale_of(maps)
    rows = [
        (
            f"{composite.direction.name}\n{composite.edge} edge",
            [*_pictures(measured.detector, composite, scored), *_maps(composite, scored, scale)],
        )
        for composite, scored in measured.examples
    ]
    heads = ["unpasted", "pasted", *(["map, unpasted", "map, pasted"] if maps else [])]
    return sheet(heads, rows)


def _pictures(detector: Detector, composite: Composite, scored: Scored) -> Iterator[Tile]:
    images = (composite.plain, outlined(composite.pasted, composite.mask))
    for image, score in zip(images, scored.probabilities.tolist(), strict=True):
        yield Tile(picture=image, readings=[Reading(words=detector.words(score), probability=score)])


def _maps(composite: Composite, scored: Scored, scale: float) -> Iterator[Tile]:
    """Against the map's own median: only where it is higher than elsewhere can it tell the patch from its host."""
    for image, evidence in zip((composite.plain, composite.pasted), scored.maps or (), strict=False):
        auroc = found(composite.direction.sign * evidence, composite.mask).auroc
        shown = outlined(overlay(image, _levelled(evidence), scale), composite.mask)
        yield Tile(picture=shown, readings=[Reading(words=f"patch told with AUROC {auroc:.2f}")])


def _levelled(evidence: Map) -> Map:
    return evidence - np.nanmedian(evidence)
