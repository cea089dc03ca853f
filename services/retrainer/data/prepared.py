"""A data set as a network reads it: every picture at one size, in memory."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.retrainer.data.pictures import picture
from services.retrainer.data.samples import Dataset
from shared.domain.model_card import InputSpec
from shared.imaging.prepare import prepare


@dataclass(frozen=True, kw_only=True, slots=True)
class Prepared:
    """N images: `pixels` uint8 [N, height, width, 3], `sides` int32 [N, 2] (width, height before resizing, px),
    `labels` uint8 [N] (1 = AI).
    """

    pixels: NDArray[np.uint8]
    sides: NDArray[np.int32]
    labels: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.labels)


def prepared(dataset: Dataset, spec: InputSpec) -> Prepared:
    """Decoded and resized by what serves, so that training and serving see the same pixels.

    Raises ConfigurationError, with the name, for a file that is no picture.
    """
    pixels = np.empty((len(dataset), spec.height, spec.width, 3), np.uint8)
    sides = np.empty((len(dataset), 2), np.int32)
    for row, sample in enumerate(dataset.samples):
        image = picture(sample)
        pixels[row] = prepare(image, spec)
        sides[row] = image.size
    return Prepared(pixels=pixels, sides=sides, labels=dataset.labels)
