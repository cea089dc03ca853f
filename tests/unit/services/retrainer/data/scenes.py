"""Made pictures with shapes and grain, of which no two are alike."""

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFilter


def scene(seed, size=(480, 360), shapes=120):
    """RGB."""
    random = np.random.default_rng(seed)
    image = Image.new("RGB", size, tuple(random.integers(60, 200, 3).tolist()))
    draw = ImageDraw.Draw(image)
    for _ in range(shapes):
        x, y = random.integers(0, size[0]), random.integers(0, size[1])
        width, height = random.integers(8, 70, 2)
        shape = draw.ellipse if random.random() < 0.5 else draw.rectangle
        shape((x, y, x + width, y + height), fill=tuple(random.integers(0, 255, 3).tolist()))
    grain = random.normal(0, 6, (size[1], size[0], 3))
    blurred = np.asarray(image.filter(ImageFilter.GaussianBlur(1)), np.float32)
    return Image.fromarray(np.clip(blurred + grain, 0, 255).astype(np.uint8))


def sky(seed, size=(320, 320)):
    """A gradient with grain."""
    random = np.random.default_rng(seed)
    grey = np.linspace(120, 220, size[1])[:, None, None] + random.normal(0, 2, (size[1], size[0], 3))
    return Image.fromarray(grey.astype(np.uint8))


def face(seed, size=320):
    """Head, eyes and mouth where they always are; hair, background and shades of its own."""
    random = np.random.default_rng(seed)
    image = scene(seed, (size, size), 30)
    draw = ImageDraw.Draw(image)
    shift = random.integers(-12, 12, 8)
    skin = tuple(random.integers(120, 230, 3).tolist())
    draw.ellipse((70 + shift[0], 40 + shift[1], 250 + shift[2], 290 + shift[3]), fill=skin)
    for x in (120, 180):
        draw.ellipse((x + shift[4], 130 + shift[5], x + 22 + shift[4], 142 + shift[5]), fill=(20, 20, 30))
    draw.ellipse((130 + shift[6], 220, 190 + shift[7], 236), fill=(150, 40, 50))
    return image


def jpeg(image, quality=92):
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()
