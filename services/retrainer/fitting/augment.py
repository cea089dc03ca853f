"""One sampled pipeline for human-made and AI-generated pictures alike: what the web does to a picture.

Where only one class had been rescaled or compressed, a network learns the codec and not the generator (Grommelt et
al., "Fake or JPEG?", arXiv 2403.17608). So every crop goes through the same distribution of scale, filter, offset,
codec, blur, noise and colour, whatever its label.
"""

from dataclasses import dataclass

import numpy as np

from services.retrainer.fitting import crop_pillow
from services.retrainer.fitting.crop_plan import FILTERS, MARGIN, Mask, Pixels, Plan, Round


@dataclass(frozen=True, kw_only=True, slots=True)
class Augmentation:
    """`scale` is drawn log-uniformly; the other numbers are the chance that a step happens."""

    scale: tuple[float, float] = (0.35, 1.0)
    blur: float = 0.05
    sharpen: float = 0.05
    noise: float = 0.05
    colour: float = 0.12
    grey: float = 0.05
    codec: tuple[float, float, float] = (0.1, 0.75, 0.15)
    """Chances of 0, 1 and 2 rounds of compression; what comes in was compressed already."""
    quality: tuple[int, int] = (45, 96)
    webp: float = 0.25
    mask: float = 0.1

    def crop(self, picture: Pixels, side: int, chance: np.random.Generator) -> Pixels:
        """A view of `picture`, uint8 [H, W, 3], as uint8 [side, side, 3]; a small picture is mirrored at its edges."""
        return crop_pillow.crop(picture, self.draw(*picture.shape[:2], side, chance))

    def draw(self, height: int, width: int, side: int, chance: np.random.Generator) -> Plan:
        """What becomes of a picture of `height` × `width` px; the chance is drawn in the order of the steps."""
        size = side + MARGIN
        low, high = np.log(self.scale)
        smallest = min(size / min(height, width), 1.0)  # the whole short side
        scale = max(float(np.exp(chance.uniform(low, high))), smallest)
        window = min(round(size / scale), height, width)
        top, left = int(chance.integers(0, height - window + 1)), int(chance.integers(0, width - window + 1))
        resample = int(chance.integers(len(FILTERS))) if window > size else None
        blur, sharpen, colour, grey, noise = chance.random(5) < (
            self.blur, self.sharpen, self.colour, self.grey, self.noise,
        )  # fmt: skip
        return Plan(
            top=top,
            left=left,
            window=window,
            size=size,
            resample=resample,
            blur=chance.uniform(0.3, 1.5) if blur else None,
            sharpen=(chance.uniform(0.5, 2), int(chance.integers(30, 150))) if sharpen else None,
            colour=(chance.uniform(0.7, 1.3), chance.uniform(0.7, 1.3), chance.uniform(0.7, 1.3)) if colour else None,
            grey=bool(grey),
            noise=chance.normal(0, chance.uniform(1, 8), (size, size, 3)) if noise else None,
            rounds=self._rounds(chance),
            corner=_pair(chance.integers(0, MARGIN + 1, 2)[::-1]),
            mirrored=bool(chance.random() < 0.5),
            quarters=int(chance.integers(1, 4)) if chance.random() < 0.2 else 0,
            mask=self._mask(side, chance),
        )

    def _rounds(self, chance: np.random.Generator) -> tuple[Round, ...]:
        count = int(chance.choice(3, p=self.codec))
        return tuple(self._round(chance, last=index + 1 == count) for index in range(count))

    def _round(self, chance: np.random.Generator, *, last: bool) -> Round:
        quality, webp = int(chance.integers(*self.quality)), bool(chance.random() < self.webp)
        return Round(
            quality=quality,
            webp=webp,
            subsampling=2 if webp else int(chance.choice([0, 2])),
            rolled=(0, 0) if last else _pair(chance.integers(0, 8, 2)),
        )

    def _mask(self, side: int, chance: np.random.Generator) -> Mask | None:
        """A quarter to a half of the side, as SAFE masks (KDD 2025, arXiv 2408.06741)."""
        if chance.random() >= self.mask:
            return None
        size = int(chance.integers(side // 4, side // 2))
        top, left = _pair(chance.integers(0, side - size, 2))
        return Mask(top=top, left=left, side=size, grey=int(chance.integers(0, 256)))


def _pair(two: np.ndarray) -> tuple[int, int]:
    return int(two[0]), int(two[1])
