"""What EXIF says of a camera, whether it fits together, and what software has written over it."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.domain.provenance import Claim, Finding, Kind, Strength
from shared.provenance import tiff, xmp
from shared.provenance.said import Exif, Said
from shared.provenance.tiff import Value

# Programs that change pictures; a camera's own firmware stands in the same tag.
_EDITORS = re.compile(
    r"photoshop|lightroom|gimp|affinity|capture one|darktable|rawtherapee|pixelmator|snapseed|picsart|canva|paint\.net"
    r"|facetune|meitu|vsco|luminar|dxo|acdsee|irfanview|xnview|imagemagick|picasa|remini|topaz|figma|krita",
    re.IGNORECASE,
)
_TIME = "%Y:%m:%d %H:%M:%S"
_FIRST_DIGITAL_CAMERA = datetime(1975, 1, 1, tzinfo=UTC)
_ZONES = timedelta(hours=26)  # EXIF times have no zone

_SHOWN = {
    "make": tiff.MAKE,
    "model": tiff.MODEL,
    "lens": tiff.LENS_MODEL,
    "software": tiff.SOFTWARE,
    "taken": tiff.TAKEN,
    "exposure_seconds": tiff.EXPOSURE_TIME,
    "f_number": tiff.F_NUMBER,
    "iso": tiff.ISO,
    "focal_length_mm": tiff.FOCAL_LENGTH,
}


def findings(said: Said, width: int, height: int, now: datetime) -> Iterator[Finding]:
    """`width` × `height` px is the picture; `now` tells which times lie in the future."""
    camera = next((block for block in said.exif if _names_camera(block.tags)), None)
    if camera is not None:
        wrong = [*_contradictions(camera.tags, width, height, now)]
        if len(said.exif) > 1:
            wrong.append("several_exif_blocks")
        yield _finding(Claim.CAMERA, f"{camera.where}, EXIF", _details(camera, wrong))
    if (editor := next(_editors(said), None)) is not None:
        where, software = editor
        yield _finding(Claim.EDITED, where, {"software": software})


def _finding(claim: Claim, where: str, details: Mapping[str, Any]) -> Finding:
    return Finding(kind=Kind.EXIF, claim=claim, strength=Strength.UNSIGNED, where=where, details=details)


def _details(camera: Exif, wrong: list[str]) -> Mapping[str, Any]:
    shown = {name: _shown(value) for name, tag in _SHOWN.items() if (value := camera.tags.get(tag)) is not None}
    if wrong:
        return {**shown, "consistency": "contradictory", "contradictions": wrong}
    return {**shown, "consistency": "consistent" if _whole(camera.tags) else "incomplete"}


def _names_camera(said: Mapping[int, Value]) -> bool:
    """Both names, and none of them a place where ComfyUI keeps its workflow."""
    names = [said.get(tiff.MAKE), said.get(tiff.MODEL)]
    return all(isinstance(name, str) and name and len(name) < 100 and "{" not in name for name in names)


def _whole(said: Mapping[int, Value]) -> bool:
    return all(said.get(tag) is not None for tag in (tiff.TAKEN, tiff.EXPOSURE_TIME, tiff.F_NUMBER, tiff.ISO))


def _contradictions(said: Mapping[int, Value], width: int, height: int, now: datetime) -> Iterator[str]:
    taken, digitised, changed = (_time(said.get(tag)) for tag in (tiff.TAKEN, tiff.DIGITISED, tiff.DATE_TIME))
    if taken and not _FIRST_DIGITAL_CAMERA <= taken <= now + _ZONES:
        yield "taken_at_an_impossible_time"
    if taken and digitised and abs(taken - digitised) > _ZONES:
        yield "digitised_at_another_time"
    if taken and changed and changed < taken - _ZONES:
        yield "changed_before_taken"
    for name, tag, least, most in (
        ("exposure_time", tiff.EXPOSURE_TIME, 1e-6, 86_400.0),
        ("aperture", tiff.F_NUMBER, 0.5, 256.0),
        ("sensitivity", tiff.ISO, 1.0, 10_000_000.0),
    ):
        value = said.get(tag)
        if isinstance(value, int | float) and not least <= value <= most:
            yield f"impossible_{name}"
    sides = [said.get(tiff.WIDTH), said.get(tiff.HEIGHT)]
    if all(isinstance(side, int) and side for side in sides) and {*sides} != {width, height}:
        yield "other_sides"


def _time(value: Value) -> datetime | None:
    try:
        return datetime.strptime(str(value), _TIME).replace(tzinfo=UTC)
    except ValueError:
        return None


def _shown(value: Value) -> str | int | float:
    if isinstance(value, float):
        return float(f"{value:.4g}")
    return value if isinstance(value, int) else str(value)


def _editors(said: Said) -> Iterator[tuple[str, str]]:
    """The editing programs that are named, and where."""
    named: list[tuple[str, Value]] = [
        (f"{block.where}, EXIF Software", block.tags.get(tiff.SOFTWARE)) for block in said.exif
    ]
    named += [
        (f"{packet.where}, XMP CreatorTool", packet.properties.get(f"{xmp.BASIC}CreatorTool")) for packet in said.xmp
    ]
    named.append((f"{said.texts_where}, Software", said.texts.get("Software")))
    for where, name in named:
        if isinstance(name, str) and _EDITORS.search(name[:200]):
            yield where, name
