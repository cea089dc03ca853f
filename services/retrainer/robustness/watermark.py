"""The mark that an agency or a site lays over a preview."""

import random

from PIL import Image, ImageDraw, ImageFont

WORDS = ("PREVIEW", "SAMPLE", "DO NOT COPY", "© ARCHIVE")
DIAMOND = ((0.5, 0.28), (0.66, 0.5), (0.5, 0.72), (0.34, 0.5))


def watermark(image: Image.Image, chance: random.Random) -> Image.Image:
    """Text in rows aslant over the whole picture, and a logo in one corner, both half transparent."""
    layer = Image.new("RGBA", image.size, (0, 0, 0, 0))
    layer.alpha_composite(_rows(image.size, chance))
    logo = _logo(max(6, min(image.size) // 6), chance)
    layer.alpha_composite(logo, _corner(image.size, logo.size, chance))
    return Image.alpha_composite(image.convert("RGBA"), layer).convert("RGB")


def _rows(size: tuple[int, int], chance: random.Random) -> Image.Image:
    """Drawn on a square that still covers the picture when it is turned."""
    text, shade = chance.choice(WORDS), chance.choice((0, 255))
    font = ImageFont.load_default(max(6, min(size) / 14))
    side = round((size[0] ** 2 + size[1] ** 2) ** 0.5) + 2
    square = Image.new("RGBA", (side, side), (shade, shade, shade, 0))
    draw = ImageDraw.Draw(square)
    left, top, right, bottom = font.getbbox(text)
    across, down = round((right - left) * 1.6), round((bottom - top) * 4.5)
    alpha = chance.randint(70, 110)
    for row in range(side // down + 1):
        for column in range(-1, side // across + 1):
            place = column * across + (row % 2) * across // 2, row * down
            draw.text(place, text, font=font, fill=(shade, shade, shade, alpha))
    turned = square.rotate(chance.uniform(20, 40), Image.Resampling.BICUBIC)
    x, y = (side - size[0]) // 2, (side - size[1]) // 2
    return turned.crop((x, y, x + size[0], y + size[1]))


def _logo(side: int, chance: random.Random) -> Image.Image:
    """A disc with a ring and a diamond, drawn four times as large for smooth edges."""
    large = Image.new("RGBA", (4 * side, 4 * side), (0, 0, 0, 0))
    draw = ImageDraw.Draw(large)
    hue = tuple(chance.randint(20, 235) for _ in range(3))
    end = 4 * side - 1
    draw.ellipse((0, 0, end, end), fill=(*hue, 170))
    draw.ellipse(
        (0.18 * end, 0.18 * end, 0.82 * end, 0.82 * end), outline=(255, 255, 255, 220), width=max(1, end // 14)
    )
    draw.polygon([(x * end, y * end) for x, y in DIAMOND], fill=(255, 255, 255, 220))
    return large.resize((side, side), Image.Resampling.LANCZOS)


def _corner(size: tuple[int, int], logo: tuple[int, int], chance: random.Random) -> tuple[int, int]:
    margin = logo[0] // 4
    room = max(0, size[0] - logo[0] - margin), max(0, size[1] - logo[1] - margin)
    return chance.choice((min(margin, room[0]), room[0])), chance.choice((min(margin, room[1]), room[1]))
