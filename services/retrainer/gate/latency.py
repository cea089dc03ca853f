"""What one picture costs a version: the same made-up pictures, tiles and thread for all."""

import statistics
import time

import numpy as np
from PIL import Image

from shared.domain.job import Lane
from shared.imaging.prepare import prepare
from shared.scoring.picture import Picture
from shared.scoring.session import Model

PICTURES, SIDE = 3, 512
REPEATS = 7
SEED = 20261101


def latency_ms(model: Model) -> float:
    """Milliseconds of processor time for a picture of 512 × 512 px in the bulk lane, from tiles to score: the median
    of several rounds after one that does not count. What else runs on the machine moves it little.
    """
    pictures = _pictures(model)
    model.score_pictures(pictures)
    return statistics.median(_round(model, pictures) for _ in range(REPEATS))


def _round(model: Model, pictures: list[Picture]) -> float:
    started = time.process_time()
    model.score_pictures(pictures)
    # A clock with coarse ticks may not have moved.
    return max(1000 * (time.process_time() - started) / len(pictures), 1e-3)


def _pictures(model: Model) -> list[Picture]:
    random = np.random.default_rng(SEED)
    drawn = [Image.fromarray(random.integers(0, 256, (SIDE, SIDE, 3), np.uint8)) for _ in range(PICTURES)]
    return [
        Picture(pixels=prepare(image, model.card.input, Lane.BULK), width=SIDE, height=SIDE, lane=Lane.BULK)
        for image in drawn
    ]
