"""A picture as somebody else's screen shows it."""

import random

from PIL import Image, ImageDraw

from services.retrainer.data.matched import FILTERS

DARK, LIGHT = (32, 33, 36), (248, 249, 250)
LIGHTS = ((255, 95, 87), (254, 188, 46), (40, 200, 64))


def screenshot(image: Image.Image, chance: random.Random) -> Image.Image:
    """The picture at 0.6 to 1.25 of its size in a window: a bar with three lights above, two lines of text below.

    Lossless, as a screenshot is; a larger size than the original's comes from a screen's scaling of 125 %.
    """
    scale = chance.uniform(0.6, 1.25)
    size = max(16, round(image.width * scale)), max(16, round(image.height * scale))
    shown = image.resize(size, chance.choice(FILTERS))
    back, text = (LIGHT, (60, 64, 67)) if chance.random() < 0.5 else (DARK, (232, 234, 237))
    unit = max(2, min(size) // 24)
    margin, bar, caption = chance.randint(1, 2) * unit, 2 * unit, 4 * unit
    window = Image.new("RGB", (size[0] + 2 * margin, size[1] + bar + caption + margin), back)
    window.paste(shown, (margin, bar + margin // 2))
    _lights(window, unit, bar)
    _caption(window, unit, caption, text, chance)
    return window


def _lights(window: Image.Image, unit: int, bar: int) -> None:
    draw = ImageDraw.Draw(window)
    for index, light in enumerate(LIGHTS):
        x, y = unit * (0.6 + 1.3 * index), bar * 0.3
        draw.ellipse((x, y, x + unit * 0.8, y + unit * 0.8), fill=light)


def _caption(window: Image.Image, unit: int, height: int, text: tuple[int, int, int], chance: random.Random) -> None:
    """Two bars that stand for lines of text."""
    draw = ImageDraw.Draw(window)
    for line in range(2):
        y = window.height - height + unit * (0.6 + 1.5 * line)
        width = window.width * chance.uniform(0.3, 0.85)
        draw.rounded_rectangle((unit, y, unit + width, y + unit * 0.7), radius=unit * 0.3, fill=text)
