"""What happens to a picture between its maker and its judge, by name, the same for both classes.

A degradation sees pixels and chance, never a label. Its chance is drawn from the picture's name, so that every
detector is judged on the same degraded pictures.
"""

import hashlib
import io
import random
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

from services.retrainer.data.matched import FILTERS
from services.retrainer.robustness.screen import screenshot
from services.retrainer.robustness.watermark import watermark

Apply = Callable[[Image.Image, random.Random], Image.Image]


@dataclass(frozen=True, kw_only=True, slots=True)
class Degradation:
    """`apply` takes an RGB picture and chance and gives an RGB picture; `says` is for a person.

    Where `keeps_size` is false, `says` tells what becomes of the size.
    """

    name: str
    says: str
    apply: Apply
    keeps_size: bool = True

    def __call__(self, image: Image.Image, name: str, *, seed: int = 0) -> Image.Image:
        """`image` degraded by the chance of this `name` and `seed`."""
        digest = hashlib.sha256(f"{seed}/{self.name}/{name}".encode()).digest()
        return self.apply(image, random.Random(digest))  # noqa: S311


def jpeg(quality: int) -> Apply:
    """One round of JPEG with colour at half resolution, as nearly all software writes it."""
    return lambda image, _: _through(image, "JPEG", quality=quality, subsampling=2)


def webp(quality: int) -> Apply:
    return lambda image, _: _through(image, "WEBP", quality=quality)


def blur(deviation: float) -> Apply:
    """Gaussian, `deviation` in px."""
    return lambda image, _: image.filter(ImageFilter.GaussianBlur(deviation))


def sharpen(percent: int) -> Apply:
    """Unsharp mask of radius 2 px."""
    return lambda image, _: image.filter(ImageFilter.UnsharpMask(radius=2, percent=percent, threshold=0))


def shrink(share: float) -> Apply:
    """To this share of the sides, by one of four filters; never below 8 px."""

    def apply(image: Image.Image, chance: random.Random) -> Image.Image:
        size = max(8, round(image.width * share)), max(8, round(image.height * share))
        return image.resize(size, chance.choice(FILTERS))

    return apply


def crop(share: float) -> Apply:
    """A window of this share of both sides, anywhere in the picture."""

    def apply(image: Image.Image, chance: random.Random) -> Image.Image:
        width, height = max(1, round(image.width * share)), max(1, round(image.height * share))
        left, top = chance.randint(0, image.width - width), chance.randint(0, image.height - height)
        return image.crop((left, top, left + width, top + height))

    return apply


def noise(deviation: float) -> Apply:
    """Gaussian noise in each channel, `deviation` of 255."""

    def apply(image: Image.Image, chance: random.Random) -> Image.Image:
        drawn = np.random.default_rng(chance.getrandbits(64)).normal(0, deviation, (image.height, image.width, 3))
        return Image.fromarray(np.clip(np.rint(np.asarray(image) + drawn), 0, 255).astype(np.uint8))

    return apply


def colour(image: Image.Image, chance: random.Random) -> Image.Image:
    """A filter of a photo application: brightness, contrast, saturation and white balance, each clearly moved."""
    for enhance in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        image = enhance(image).enhance(_away_from_one(chance))
    gains = [chance.uniform(0.88, 1.0), 1.0, chance.uniform(0.88, 1.0)]
    chance.shuffle(gains)
    tables = [[round(value * gain) for value in range(256)] for gain in gains]
    return image.point([value for table in tables for value in table])


def chained(*steps: Apply) -> Apply:
    """One after the other, in this order."""

    def apply(image: Image.Image, chance: random.Random) -> Image.Image:
        for step in steps:
            image = step(image, chance)
        return image

    return apply


def _away_from_one(chance: random.Random) -> float:
    return chance.choice((chance.uniform(0.72, 0.86), chance.uniform(1.16, 1.35)))


def _through(image: Image.Image, codec: str, **settings: int) -> Image.Image:
    file = io.BytesIO()
    image.save(file, codec, **settings)
    return Image.open(file).convert("RGB")


BLUR = Degradation(name="blur", says="Gaussian blur, 2 px", apply=blur(2))
NOISE = Degradation(name="noise", says="Gaussian noise, 10 of 255", apply=noise(10))
COLOUR = Degradation(name="colour", says="brightness, contrast, saturation and white balance moved", apply=colour)
WATERMARK = Degradation(name="watermark", says="repeated text and a logo in a corner", apply=watermark)
ALL = Degradation(
    name="all",
    says="blur, noise, colour and watermark, one after the other",
    apply=chained(blur(2), noise(10), colour, watermark),
)

GRID = (
    *(
        Degradation(name=f"jpeg-{quality}", says=f"JPEG, quality {quality}", apply=jpeg(quality))
        for quality in (95, 85, 75, 60, 50, 40)
    ),
    Degradation(name="webp-80", says="WebP, quality 80", apply=webp(80)),
    Degradation(name="webp-50", says="WebP, quality 50", apply=webp(50)),
    Degradation(name="double-jpeg", says="JPEG, quality 60, then 85", apply=chained(jpeg(60), jpeg(85))),
    Degradation(name="blur-slight", says="Gaussian blur, 1 px", apply=blur(1)),
    BLUR,
    Degradation(name="sharpen", says="unsharp mask, 150 %", apply=sharpen(150)),
    Degradation(name="resize-1/2", says="shrunk to half of the sides", apply=shrink(1 / 2), keeps_size=False),
    Degradation(name="resize-1/4", says="shrunk to a quarter of the sides", apply=shrink(1 / 4), keeps_size=False),
    Degradation(name="crop", says="a window of 70 % of the sides", apply=crop(0.7), keeps_size=False),
    Degradation(name="noise-slight", says="Gaussian noise, 4 of 255", apply=noise(4)),
    NOISE,
    COLOUR,
    WATERMARK,
    Degradation(
        name="screenshot",
        says="seen in a window on a screen, the screen saved as PNG and then as JPEG; the size is the screen's",
        apply=chained(screenshot, jpeg(80)),
        keeps_size=False,
    ),
    Degradation(
        name="combined",
        says="shrunk to 70 %, colour, noise 4, watermark, JPEG 60",
        apply=chained(shrink(0.7), colour, noise(4), watermark, jpeg(60)),
        keeps_size=False,
    ),
)
"""The grid of the report, mildest of each family first."""

ALTERATIONS = (BLUR, NOISE, COLOUR, WATERMARK, ALL)
"""Those of AI-art-vs-non-AI-art, for the sensitivity study."""
