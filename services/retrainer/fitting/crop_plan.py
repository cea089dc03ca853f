"""What becomes of one training crop, drawn before a pixel is touched: Pillow carries it out, or an accelerator."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]

FILTERS = (
    Image.Resampling.LANCZOS,
    Image.Resampling.BICUBIC,
    Image.Resampling.BILINEAR,
    Image.Resampling.BOX,
    Image.Resampling.HAMMING,
)

MARGIN = 8
"""In px, around a crop until its end: the codec's grid must not always begin at the crop's corner."""

UNSHARP_THRESHOLD = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Round:
    """One compression; `rolled` px down and right follow, so that the next round's grid lies elsewhere."""

    quality: int
    webp: bool
    subsampling: int = 2
    rolled: tuple[int, int] = (0, 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Mask:
    """A square in one grey."""

    top: int
    left: int
    side: int
    grey: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """In this order; what is None does not happen.

    A window of the picture, `window` px square, is resized by `FILTERS[resample]` to `size` px (None: native pixels,
    mirrored at the edges where the window is smaller). `blur` is a deviation in px; `sharpen` radius and per cent;
    `colour` the factors of brightness, contrast and saturation; `noise` is added, float64 [size, size, 3]. After the
    `rounds` a crop is cut at `corner` (top, left), mirrored, turned by `quarters` of a circle and masked.
    """

    top: int
    left: int
    window: int
    size: int
    resample: int | None
    blur: float | None
    sharpen: tuple[float, int] | None
    colour: tuple[float, float, float] | None
    grey: bool
    noise: NDArray[np.float64] | None
    rounds: tuple[Round, ...]
    corner: tuple[int, int]
    mirrored: bool
    quarters: int
    mask: Mask | None

    @property
    def side(self) -> int:
        """Of the crop, in px."""
        return self.size - MARGIN

    def cut(self, picture: Pixels) -> Pixels:
        """The window of a picture, uint8 [window, window, 3]; a small one mirrored to [size, size, 3]."""
        cut = picture[self.top : self.top + self.window, self.left : self.left + self.window]
        if self.resample is not None:
            return cut
        missing = [(0, self.size - length) for length in cut.shape[:2]]
        return np.pad(cut, (*missing, (0, 0)), mode="symmetric")


@dataclass(frozen=True, kw_only=True, slots=True)
class Planned:
    """A batch whose crops are not made yet: of B pictures the windows as `Plan.cut` gives them, what becomes of them,
    and `labels` float32 [B].
    """

    windows: Sequence[Pixels]
    plans: Sequence[Plan]
    labels: NDArray[np.float32]
