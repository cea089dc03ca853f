"""Decoded training pictures in memory, read with what serves."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from services.retrainer.data.samples import Sample
from shared.errors import ConfigurationError, ImageRefused
from shared.imaging.decode import decode
from shared.imaging.limits import Limits

LIMITS = Limits(max_pixels=80_000_000, max_side=30_000)

LONGEST = 1024
"""A larger picture is shrunk to this long side, in px: training cuts far smaller windows."""

Pixels = NDArray[np.uint8]


def picture(sample: Sample) -> Image.Image:
    """The sample's picture in RGB, upright; raises ConfigurationError, with its name, for a file that is none."""
    try:
        return decode(sample.read(), LIMITS).image
    except ImageRefused as exc:
        raise ConfigurationError(f"{sample.name} is no picture that can be read: take it out. {exc.detail}") from exc


def pictures(samples: Sequence[Sample], *, threads: int = 2) -> list[Pixels]:
    """Each as uint8 [H, W, 3], the long side at most LONGEST."""
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(_pixels, samples, chunksize=64))


def _pixels(sample: Sample) -> Pixels:
    image = picture(sample)
    if max(image.size) > LONGEST:
        image.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    return np.asarray(image)
