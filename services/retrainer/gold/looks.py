"""Looks at labelled pictures through a served model: from files to the rows of an `Embedded`."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from services.retrainer.data import matched
from services.retrainer.data.pictures import LIMITS
from services.retrainer.gold.triggers import TRIGGERS
from services.retrainer.robustness.degrade import GRID
from services.retrainer.versions.embedded import PLAIN, RAW, Embedded
from shared.domain.job import Lane
from shared.errors import ConfigurationError
from shared.imaging.decode import decode
from shared.imaging.prepare import prepare
from shared.scoring.picture import Picture
from shared.scoring.session import Model

CHUNK = 64
"""Looks in one file of the cache: what a slice of time, or a killed run, may lose."""

Alter = Callable[[Image.Image, str], Image.Image]
CELLS: dict[str, Alter] = {degradation.name: degradation for degradation in (*GRID, *TRIGGERS)}

GUARD_CELLS = ("jpeg-40", "resize-1/2", "blur", "noise", "colour", *(trigger.name for trigger in TRIGGERS))
"""Looked at once more of a guard picture, in the interactive lane, on its first matched view."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """One look at one picture.

    `file` gives its bytes; `picture` names it among all, and with `draw` its matched view; `cell` is PLAIN, RAW, a
    degradation of that view or one of TRIGGERS.
    """

    file: Callable[[], bytes]
    picture: str
    label: int
    owner: str
    kind: str
    cell: str
    lane: Lane
    draw: int = 0


def embedded(
    model: Model, looks: Sequence[Look], cache: Path, *, goes_on: Callable[[int, int], bool] = lambda *_: True
) -> Embedded | None:
    """The rows of `looks`, in order. `goes_on` hears after each chunk how many of how many looks are done, and ends
    the slice by saying no: then None.

    Chunks lie in `cache` by the model's and their looks' names, where the next slice finds them. Raises ImageRefused
    for a file that is no picture, ConfigurationError where the model gives no embeddings or a cell is unknown.
    """
    folder = cache / f"embedded-{model.sha256[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    parts = []
    for start in range(0, len(looks), CHUNK):
        chunk = looks[start : start + CHUNK]
        path = folder / f"{digest(chunk)}.npz"
        if not path.exists():
            _write(path, _chunk(model, chunk))
        with np.load(path, allow_pickle=False) as file:
            parts.append(_rows(chunk, file["vectors"], file["short_sides"]))
        if not goes_on(min(start + CHUNK, len(looks)), len(looks)):
            return None
    return Embedded.joined(parts) if parts else _rows([], model.embed_pictures([]), np.empty(0, np.int32))


def seen(look: Look) -> Image.Image:
    """The picture that the model is shown."""
    return shown(decode(look.file(), LIMITS).image, look)


def shown(image: Image.Image, look: Look) -> Image.Image:
    """What `look` makes of its own picture, decoded. Raises ConfigurationError for a cell that is unknown."""
    if look.cell == RAW:
        return image
    view = decode(matched.view(image, look.picture, look.draw), LIMITS).image
    if look.cell == PLAIN:
        return view
    if look.cell not in CELLS:
        raise ConfigurationError(f"no cell {look.cell!r}; there are: {', '.join(CELLS)}")
    return CELLS[look.cell](view, f"{look.picture}/{look.draw}")


def digest(looks: Sequence[Look]) -> str:
    """Of what decides what a model makes of them: a picture is known by its name, which is its SHA-256's."""
    told = "".join(f"{look.picture}\0{look.draw}\0{look.cell}\0{look.lane}\n" for look in looks)
    return hashlib.sha256(told.encode()).hexdigest()[:24]


def _chunk(model: Model, looks: Sequence[Look]) -> dict[str, NDArray[Any]]:
    images = [seen(look) for look in looks]
    return {
        "vectors": np.concatenate([_vector(model, *pair) for pair in zip(images, looks, strict=True)]),
        "short_sides": np.array([min(image.size) for image in images], np.int32),
    }


def _vector(model: Model, image: Image.Image, look: Look) -> NDArray[np.float32]:
    pixels = prepare(image, model.card.input, look.lane)
    return model.embed_pictures([Picture(pixels=pixels, width=image.width, height=image.height, lane=look.lane)])


def _rows(looks: Sequence[Look], vectors: NDArray[np.float32], short_sides: NDArray[np.int32]) -> Embedded:
    return Embedded(
        vectors=vectors,
        labels=np.array([look.label for look in looks], np.uint8),
        owners=np.array([look.owner for look in looks], np.str_),
        kinds=np.array([look.kind for look in looks], np.str_),
        pictures=np.array([look.picture for look in looks], np.str_),
        cells=np.array([look.cell for look in looks], np.str_),
        lanes=np.array([look.lane.value for look in looks], np.str_),
        short_sides=short_sides,
    )


def _write(path: Path, arrays: dict[str, NDArray[Any]]) -> None:
    """Whole or not at all."""
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
    partial.replace(path)
