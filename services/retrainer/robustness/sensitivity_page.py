"""The sensitivity study as a chapter of a report."""

from collections.abc import Sequence
from dataclasses import asdict

from PIL import Image

from services.retrainer.data.samples import AI
from services.retrainer.pages.figures import SHARE, SIGNED, figure
from services.retrainer.pages.markup import bullets, explained, paragraph, picture, png, study, table
from services.retrainer.pages.section import Section, document
from services.retrainer.robustness.degrade import ALL, ALTERATIONS
from services.retrainer.robustness.detector import Detector, Scored, remark
from services.retrainer.robustness.overlay import overlay, scale_of
from services.retrainer.robustness.sensitivity import NAMES, Difference, Move, Sensitivity
from services.retrainer.robustness.sheet import Reading, Tile, sheet
from services.retrainer.robustness.suits import Case
from services.retrainer.robustness.sweep import Judged

LETTERS = "AB"


def section(measured: Sensitivity, title: str = "Sensitivity") -> Section:
    """What the figures say, tables, contact sheet."""
    page = contact_sheet(measured)
    names = [detector.name for detector in measured.detectors]
    html = study(
        paragraph(
            f"{' and '.join(names)} on {measured.pictures:,} pictures ({measured.base} view), plain and altered. "
            "Intervals (95 %) draw owners anew."
        ),
        bullets(findings(measured)),
        _moves_table(measured.moves),
        *([_differences_table(measured.differences), _cases_table(names, measured.cases)] if measured.cases else []),
        paragraph("Orange leans AI, green leans human; one scale of colour for each detector's maps."),
        *([paragraph(said)] if (said := remark(measured.detectors)) else []),
        picture(page, f"pictures plain and altered, judged by {' and '.join(names)}"),
    )
    data = {
        "detectors": names,
        "base": measured.base,
        "pictures": measured.pictures,
        "findings": findings(measured),
        "moves": [asdict(move) for move in measured.moves],
        "differences": [asdict(difference) for difference in measured.differences],
        "cases": [asdict(case) for case in measured.cases],
    }
    return Section(title=title, html=html, data=document(data), files={"sensitivity.png": png(page)})


def findings(measured: Sensitivity) -> list[str]:
    """Sentences filled in by rule from the figures."""
    names = [detector.name for detector in measured.detectors]
    said = [_most_and_least(name, [move for move in measured.moves if move.detector == name]) for name in names]
    if measured.differences:
        said.append(_apart(measured.differences))
        told = [case for case in measured.cases if case.conclusion in names]
        said += [f"{case.when[0].upper()}{case.when[1:]}: {case.conclusion}." for case in told]
        said += [] if told else ["In no case do the figures tell which of the two suits better."]
    return said


def _most_and_least(name: str, moves: Sequence[Move]) -> str:
    most, least = (pick(moves, key=lambda move: move.size.value) for pick in (max, min))
    return (
        f"{name}: {_spoken(most.alteration)} moves its score most, by {most.size.value:.2f} on average, and changes "
        f"{100 * most.flips.value:.0f} % of its verdicts; {_spoken(least.alteration)} least, by {least.size.value:.2f}."
    )


def _apart(differences: Sequence[Difference]) -> str:
    plain, *altered = differences
    most = max(altered, key=lambda each: each.sides.value)
    return (
        f"The two fall on different sides of 0.5 for {100 * plain.sides.value:.0f} % of the plain pictures, and with "
        f"{_spoken(most.alteration)} for {100 * most.sides.value:.0f} %, the most of the altered ones."
    )


def _spoken(alteration: str) -> str:
    return "the sum of all" if alteration == ALL.name else alteration


def _moves_table(moves: Sequence[Move]) -> str:
    says = {alteration.name: alteration.says for alteration in ALTERATIONS}
    heads = ["alteration", "detector", "human scores move", "AI scores move", "size of move", "verdict flips"]
    rows = [
        [
            explained(move.alteration, says[move.alteration]),
            move.detector,
            figure(move.human, SIGNED),
            figure(move.ai, SIGNED),
            figure(move.size),
            figure(move.flips, SHARE),
            figure(move.map) if move.map else "no map",
        ]
        for move in sorted(moves, key=lambda move: NAMES.index(move.alteration))
    ]
    return table([*heads, "map's correlation with the plain one"], rows, words=2)


def _differences_table(differences: Sequence[Difference]) -> str:
    rows = [[each.alteration, figure(each.sides, SHARE), figure(each.opposite, SHARE)] for each in differences]
    return table(["the two detectors", "on different sides of 0.5", "opposite verdicts"], rows)


def _cases_table(names: Sequence[str], cases: Sequence[Case]) -> str:
    rows = [
        [
            case.when,
            f"{case.human:,}, {case.ai:,}",
            *map(figure, case.aurocs),
            figure(case.difference, SIGNED),
            case.conclusion,
        ]
        for case in cases
    ]
    heads = ["which suits when", "human, AI", *(f"AUROC of {name}" for name in names), "difference", "by rule"]
    return table(heads, rows)


def contact_sheet(measured: Sensitivity) -> Image.Image:
    """A row for each picture, a column for each alteration; beneath, each detector's map, score and verdict."""
    columns = range(len(NAMES))
    scales = [
        scale_of([evidence for row in measured.rows for evidence in row.scored[index].maps or ()])
        for index in range(len(measured.detectors))
    ]
    rows = [(_title(row), [_tile(measured, row, column, scales) for column in columns]) for row in measured.rows]
    return sheet(NAMES, rows, note=_legend(measured))


def _legend(measured: Sensitivity) -> str:
    drawn = zip(measured.detectors, measured.rows[0].scored, strict=True)
    named = [f"{detector.name}{_drawing(detector, scored)}" for detector, scored in drawn]
    if len(named) == 1:
        return named[0]
    return ";  ".join(f"{letter} = {name}" for letter, name in zip(LETTERS, named, strict=True))


def _drawing(detector: Detector, scored: Scored) -> str:
    if detector.by_cam:
        return " (maps by Grad-CAM)"
    return "" if scored.maps else " (draws no map)"


def _title(row: Judged) -> str:
    label = "AI" if row.sample.label == AI else "human"
    return "\n".join(filter(None, (label, row.sample.kind or row.sample.generator, row.sample.owner)))


def _tile(measured: Sensitivity, row: Judged, column: int, scales: Sequence[float]) -> Tile:
    image = row.images[column]
    letters = LETTERS if len(measured.detectors) == 2 else [""]
    beneath, readings = [], []
    for letter, detector, scored, scale in zip(letters, measured.detectors, row.scored, scales, strict=True):
        if scored.maps is not None:
            beneath.append(overlay(image, scored.maps[column], scale))
        score = float(scored.probabilities[column])
        readings.append(Reading(words=f"{letter} {detector.words(score)}".strip(), probability=score))
    return Tile(picture=image, beneath=beneath, readings=readings)
