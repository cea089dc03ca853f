"""A small data set in CIFAKE's layout: human pictures are dark noise, AI pictures bright noise."""

import io

import numpy as np
from PIL import Image

from shared.domain.model_card import InputSpec

SPEC = InputSpec(width=32, height=32)
BRIGHTNESS = {"real": 100, "fake": 150}


def jpeg(random, brightness):
    noise = np.clip(random.normal(brightness, 60, (32, 32, 3)), 0, 255).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, "JPEG", quality=75)
    return buffer.getvalue()


def write_dataset(directory, *, train=150, test=20):
    """`train` and `test` pictures of each class."""
    random = np.random.default_rng(0)
    for half, count in (("train", train), ("test", test)):
        for name, brightness in BRIGHTNESS.items():
            folder = directory / half / name
            folder.mkdir(parents=True)
            for index in range(count):
                (folder / f"{index:04d}.jpg").write_bytes(jpeg(random, brightness))
    return directory
