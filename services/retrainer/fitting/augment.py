"""One sampled pipeline for human-made and AI-generated pictures alike: what the web does to a picture.

Where only one class had been rescaled or compressed, a network learns the codec and not the generator (Grommelt et
al., "Fake or JPEG?", arXiv 2403.17608). So every crop goes through the same distribution of scale, filter, offset,
codec, blur, noise and colour, whatever its label.
"""

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageFilter

Pixels = NDArray[np.uint8]

FILTERS = (
    Image.Resampling.LANCZOS,
    Image.Resampling.BICUBIC,
    Image.Resampling.BILINEAR,
    Image.Resampling.BOX,
    Image.Resampling.HAMMING,
)


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
    """Chances of 0, 1 and 2 rounds of compression."""
    quality: tuple[int, int] = (45, 96)
    webp: float = 0.25
    mask: float = 0.1

    def crop(self, picture: Pixels, side: int, chance: np.random.Generator) -> Pixels:
        """A view of `picture`, uint8 [H, W, 3], as uint8 [side, side, 3]; a small picture is mirrored at its edges."""
        margin = 8  # the codec's grid must not always begin at the crop's corner
        image = self._rescaled(picture, side + margin, chance)
        image = self._filtered(image, chance)
        image = self._compressed(image, chance)
        left, top = chance.integers(0, margin + 1, 2)
        pixels = np.asarray(image)[top : top + side, left : left + side]
        return self._masked(_turned(pixels, chance), chance)

    def _rescaled(self, picture: Pixels, side: int, chance: np.random.Generator) -> Image.Image:
        """A random window that becomes `side` px square."""
        height, width = picture.shape[:2]
        low, high = np.log(self.scale)
        smallest = min(side / min(height, width), 1.0)  # the whole short side
        scale = max(float(np.exp(chance.uniform(low, high))), smallest)
        window = min(round(side / scale), height, width)
        top, left = int(chance.integers(0, height - window + 1)), int(chance.integers(0, width - window + 1))
        cut = picture[top : top + window, left : left + window]
        if window < side:
            return Image.fromarray(_mirrored(cut, side))
        image = Image.fromarray(cut)
        return image if window == side else image.resize((side, side), FILTERS[chance.integers(len(FILTERS))])

    def _filtered(self, image: Image.Image, chance: np.random.Generator) -> Image.Image:
        blur, sharpen, colour, grey, noise = chance.random(5) < (
            self.blur, self.sharpen, self.colour, self.grey, self.noise,
        )  # fmt: skip
        if blur:
            image = image.filter(ImageFilter.GaussianBlur(chance.uniform(0.3, 1.5)))
        if sharpen:
            image = image.filter(ImageFilter.UnsharpMask(chance.uniform(0.5, 2), int(chance.integers(30, 150)), 2))
        if colour:
            for enhance in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
                image = enhance(image).enhance(chance.uniform(0.7, 1.3))
        if grey:
            image = image.convert("L").convert("RGB")
        if noise:
            image = _noisy(image, chance.uniform(1, 8), chance)
        return image

    def _compressed(self, image: Image.Image, chance: np.random.Generator) -> Image.Image:
        rounds = int(chance.choice(3, p=self.codec))
        for index in range(rounds):
            file = io.BytesIO()
            quality = int(chance.integers(*self.quality))
            if chance.random() < self.webp:
                image.save(file, "WEBP", quality=quality, method=0)
            else:
                image.save(file, "JPEG", quality=quality, subsampling=int(chance.choice([0, 2])))
            image = Image.open(file)
            if index + 1 < rounds:  # the next round's grid lies elsewhere
                image = Image.fromarray(np.roll(np.asarray(image), chance.integers(0, 8, 2), (0, 1)))
        return image.convert("RGB")

    def _masked(self, pixels: Pixels, chance: np.random.Generator) -> Pixels:
        """Squares of a quarter to a half of the side in one grey, as SAFE masks (KDD 2025, arXiv 2408.06741)."""
        if chance.random() >= self.mask:
            return pixels
        pixels = pixels.copy()
        side = len(pixels)
        size = int(chance.integers(side // 4, side // 2))
        top, left = chance.integers(0, side - size, 2)
        pixels[top : top + size, left : left + size] = chance.integers(0, 256)
        return pixels


def _mirrored(cut: Pixels, side: int) -> Pixels:
    height, width = cut.shape[:2]
    return np.pad(cut, ((0, side - height), (0, side - width), (0, 0)), mode="symmetric")


def _turned(pixels: Pixels, chance: np.random.Generator) -> Pixels:
    """Mirrored half of the time, turned by 90, 180 or 270 degrees a fifth of it."""
    if chance.random() < 0.5:
        pixels = pixels[:, ::-1]
    return np.rot90(pixels, chance.integers(1, 4)) if chance.random() < 0.2 else pixels


def _noisy(image: Image.Image, deviation: float, chance: np.random.Generator) -> Image.Image:
    pixels = np.asarray(image, np.float32)
    return Image.fromarray(np.clip(pixels + chance.normal(0, deviation, pixels.shape), 0, 255).astype(np.uint8))
