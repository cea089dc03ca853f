"""CIFAKE (Bird and Lotfi, IEEE Access 2024): CIFAR-10's photographs and Stable Diffusion 1.4, 32 px each."""

import io
import re

from PIL import Image, UnidentifiedImageError

from services.retrainer.data.samples import Dataset, Sample
from services.retrainer.sources.files import Files
from services.retrainer.sources.layout import Layout
from services.retrainer.sources.words import CLASSES
from shared.errors import ConfigurationError

PATH = re.compile(r"(train|test)/(real|fake|REAL|FAKE)/[^/]+\.jpg")
"""As it is downloaded, the classes' folders are in capitals."""

SIDE = 32


def fits(files: Files) -> bool:
    """The size tells it from any other tree of these folders."""
    first = next((name for name in files.readers if PATH.fullmatch(name)), None)
    if first is None:
        return False
    try:
        with Image.open(io.BytesIO(files.readers[first]())) as image:
            return image.size == (SIDE, SIDE)
    except UnidentifiedImageError:
        return False


def read(files: Files) -> Dataset:
    """Files outside the layout are left alone. The owner of a file is its SHA-256: equal files are never parted."""
    samples = [_sample(files, name) for name in files.readers if PATH.fullmatch(name)]
    for part in ("train", "test"):
        for folder in ("real", "fake"):
            if not any(sample.name.startswith(f"{part}/{folder}/") for sample in samples):
                raise ConfigurationError(f"{files.name} has no {part}/{folder}/*.jpg: not in CIFAKE's layout")
    return Dataset(files.name, samples)


def _sample(files: Files, name: str) -> Sample:
    part, folder, file = name.split("/")
    folder = folder.lower()
    return Sample(
        name=f"{part}/{folder}/{file}",
        label=CLASSES[folder],
        owner=files.digest(name),
        read=files.readers[name],
        kind="photo" if folder == "real" else "",
        generator="Stable Diffusion 1.4" if folder == "fake" else "",
        part=part,
    )


CIFAKE = Layout(
    name="cifake",
    looks_for=f"{{train,test}}/{{real,fake}}/*.jpg of {SIDE} × {SIDE} px",
    fits=fits,
    read=read,
)
