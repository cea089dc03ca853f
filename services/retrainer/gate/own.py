"""The operator's own guard pictures: which looks at them judge a version, and what it says of each.

They go through a version's ONNX file as in a worker, so that they judge versions of whatever network on the same looks:
where the embeddings of two networks cannot be compared, all rests on them.
"""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from PIL import Image

from services.retrainer.data.pictures import LIMITS
from services.retrainer.gold.looks import GUARD_CELLS, Look, digest, shown
from services.retrainer.robustness.choose import evenly
from services.retrainer.versions.embedded import PLAIN, RAW
from shared.domain.job import Lane
from shared.errors import ConfigurationError, ImageRefused
from shared.imaging.decode import decode
from shared.imaging.prepare import prepare
from shared.scoring.picture import Picture
from shared.scoring.session import Model

OWN = "own:"
"""How an operator's pictures are told from those that travel."""

LANE = Lane.INTERACTIVE
"""In which a picture is read as it came, and a case: the closer look."""

PLAIN_LOOKS = ((RAW, LANE), (PLAIN, LANE), (PLAIN, Lane.BULK))
"""Of each picture, cell and lane."""

ALTERED = 100
"""Pictures of each class that are looked at under GUARD_CELLS as well. These eight looks are three quarters of what a
picture costs, and so many tell a loss of five points.
"""


class GuardImage(Protocol):
    """A labelled picture that never teaches: `key` names it, `label` is 1 for AI-generated."""

    @property
    def key(self) -> str: ...
    @property
    def label(self) -> float: ...
    @property
    def owner(self) -> str: ...
    def look(self, cell: str, lane: Lane) -> Look: ...


def own_looks(images: Sequence[GuardImage]) -> dict[str, list[Look]]:
    """The looks at each picture, by its key: equal pictures in equal order give equal looks."""
    altered = _altered(images)
    further = [(cell, LANE) for cell in GUARD_CELLS]
    return {
        image.key: [image.look(*look) for look in (*PLAIN_LOOKS, *(further if image.key in altered else ()))]
        for image in images
    }


def own_columns(looks: Mapping[str, Sequence[Look]]) -> dict[str, Any]:
    """What the rows of a guard report are, by the names of its columns."""
    rows = [look for wanted in looks.values() for look in wanted]
    return {
        "labels": np.array([look.label for look in rows], np.uint8),
        "owners": np.array([OWN + look.owner for look in rows], np.str_),
        "kinds": np.array([look.kind for look in rows], np.str_),
        "pictures": np.array([OWN + look.picture for look in rows], np.str_),
        "cells": np.array([look.cell for look in rows], np.str_),
        "lanes": np.array([look.lane.value for look in rows], np.str_),
    }


def own_probabilities(
    model: Model, looks: Mapping[str, Sequence[Look]], kept: Path, heard: Callable[[], None]
) -> list[float]:
    """What `model` says of each look, in order. `heard` is called after each picture, of which a file in the folder
    `kept` then says the same: whoever asks this very version again goes on from there.

    Raises ConfigurationError, with its key, for a picture that cannot be read.
    """
    said = []
    for key, wanted in looks.items():
        file = kept / f"{digest(wanted)}.json"
        if not file.exists():
            _write(file, _read(model, key, wanted))
        said += json.loads(file.read_text("ascii"))
        heard()
    return said


def _read(model: Model, key: str, looks: Sequence[Look]) -> list[float]:
    image = decoded(looks[0].file, f"guard picture {key}")
    return [scored(model, shown(image, look), look.lane) for look in looks]


def _write(file: Path, said: Sequence[float]) -> None:
    """Whole or not at all; JSON gives back each number to the last bit."""
    partial = file.with_suffix(".partial")
    partial.write_text(json.dumps(said), "ascii")
    partial.replace(file)


def decoded(image: Callable[[], bytes], name: str) -> Image.Image:
    """Raises ConfigurationError, with the name, for what is no picture."""
    try:
        return decode(image(), LIMITS).image
    except ImageRefused as exc:
        raise ConfigurationError(f"the {name} cannot be judged: {exc.detail}; take it out") from exc


def scored(model: Model, image: Image.Image, lane: Lane) -> float:
    """The calibrated probability of one picture, as a worker gives it."""
    pixels = prepare(image, model.card.input, lane)
    [score] = model.score_pictures([Picture(pixels=pixels, width=image.width, height=image.height, lane=lane)])
    return score.probability


def _altered(images: Sequence[GuardImage]) -> set[str]:
    """The keys of at most ALTERED pictures of each class, evenly from all owners."""
    chance = random.Random(OWN)  # noqa: S311
    return {
        image.key
        for label in (0, 1)
        for image in evenly([image for image in images if round(image.label) == label], ALTERED, chance)
    }
