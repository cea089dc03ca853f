"""The pictures that a study starts from, before anything is done to them."""

import hashlib
import io
import random
from collections.abc import Callable

from PIL import Image

from services.retrainer.data import matched
from services.retrainer.data.pictures import LIMITS
from shared.imaging.decode import decode

Base = Callable[[Image.Image, str], Image.Image]
"""An RGB picture and its name to the RGB picture that is judged."""

ID_CARD = (413, 531)
"""35 × 45 mm at 300 dots an inch, the portrait of ICAO 9303, in px."""


def raw(image: Image.Image, name: str) -> Image.Image:  # noqa: ARG001 - a Base
    """As it was submitted."""
    return image


def matched_view(image: Image.Image, name: str) -> Image.Image:
    """Shape, size, grid and codec drawn from one distribution for both classes."""
    return decode(matched.view(image, name), LIMITS).image


def id_card(image: Image.Image, name: str) -> Image.Image:
    """The middle of a portrait as an ID card shows it: 35 to 45, at most 413 × 531 px, one JPEG of 80 to 95."""
    width = min(image.width, image.height * ID_CARD[0] / ID_CARD[1])
    height = width * ID_CARD[1] / ID_CARD[0]
    left, top = (image.width - width) / 2, (image.height - height) / 2
    scale = min(1.0, ID_CARD[0] / width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    shown = image.resize(size, Image.Resampling.LANCZOS, (left, top, left + width, top + height))
    chance = random.Random(hashlib.sha256(f"{name}/id-card".encode()).digest())  # noqa: S311
    file = io.BytesIO()
    shown.save(file, "JPEG", quality=chance.randint(80, 95), subsampling=2)
    return decode(file.getvalue(), LIMITS).image


BASES: dict[str, Base] = {"raw": raw, "matched": matched_view, "id-card": id_card}
