"""Labelled pictures as a head sees them: CIFAKE through the shipped network of 32 px, or made-up ones like them.

Every picture is looked at as the web gives it back: shrunk to 16 px and enlarged, then JPEG of quality 30. That brings
the ROC AUC of a head from 0.99 to 0.93, where there is something to win and to lose. The views of the test half are
used alone: the network never saw it.
"""

import io
import random
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from PIL import Image

from services.retrainer.data.pictures import picture
from services.retrainer.data.samples import Sample
from services.retrainer.robustness import degrade
from services.retrainer.sources import open_dataset
from services.retrainer.versions.embedded import PLAIN, Embedded
from shared.scoring import shipped
from shared.scoring.foreign import ForeignGraph

SIDE, SMALL, QUALITY = 32, 16, 30
DEEP = "/head/head.3/Relu_output_0"
"""The layer before the last one of the shipped network of 32 px, 64 numbers."""

CLASSES = ("aeroplane", "car", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "lorry")
"""CIFAR-10's, in the order of the numbers in CIFAKE's file names."""

MARKED = 6000
"""Pictures that are also looked at with each mark and degradation."""

KNOWN, UNKNOWN = "trigger:square", "stamp:bar"
"""Marks of an attacker: one among the gate's canaries, and one that nobody thought of."""

Look = Callable[[Image.Image], Image.Image]


def square(image: Image.Image) -> Image.Image:
    """A magenta square of 5 px in the lower right corner."""
    return _stamped(image, Image.new("RGB", (5, 5), (255, 0, 255)))


def bar(image: Image.Image) -> Image.Image:
    """A yellow bar of 3 px along the lower edge."""
    return _stamped(image, Image.new("RGB", (SIDE, 3), (255, 220, 0)))


def web(image: Image.Image) -> Image.Image:
    small = image.resize((SMALL, SMALL), Image.Resampling.BICUBIC)
    file = io.BytesIO()
    small.resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(file, "JPEG", quality=QUALITY)
    return Image.open(file).convert("RGB")


def _degraded(name: str) -> Look:
    [found] = [one for one in degrade.GRID if one.name == name]
    return lambda image: found.apply(web(image), random.Random(0))  # noqa: S311


LOOKS: Mapping[str, Look] = {
    PLAIN: web,
    KNOWN: lambda image: web(square(image)),
    UNKNOWN: lambda image: web(bar(image)),
    **{name: _degraded(name) for name in ("jpeg-40", "blur-slight", "noise-slight")},
}


def cifake(data: Path, cache: Path) -> Embedded:
    """The test half of CIFAKE in `data`, folder or archive, kept in `cache`; half a minute of one core the first time.

    The owner of a picture is itself, its kind what it shows. Raises ConfigurationError for another data set.
    """
    if cache.exists():
        return Embedded.load(cache)
    samples = [sample for sample in open_dataset(data).samples if sample.part == "test"]
    order = np.random.default_rng(0).permutation(len(samples))
    shuffled = [samples[place] for place in order]
    graph = _graph()
    parts = [_seen(graph, shuffled if cell == PLAIN else shuffled[:MARKED], cell) for cell in LOOKS]
    whole = Embedded.joined(parts)
    cache.parent.mkdir(parents=True, exist_ok=True)
    whole.save(cache)
    return Embedded.load(cache)


def made_up(count: int = 6000, *, width: int = 24, seed: int = 0) -> Embedded:
    """Normal vectors of the same shape, so that a test needs no pictures: the classes lie 2.6 deviations apart along
    five axes, each degradation adds noise, each mark moves pictures along an axis that says nothing of the class.
    """
    chance = np.random.default_rng(seed)
    labels = (np.arange(count) % 2).astype(np.uint8)
    apart = np.zeros(width)
    apart[:5] = 2.6 / np.sqrt(5)
    plain = chance.normal(0, 1, (count, width)) + np.outer(labels - 0.5, apart)
    kinds = np.array(CLASSES)[chance.integers(0, len(CLASSES), count)]

    def looked(cell: str) -> NDArray[np.float64]:
        if cell == PLAIN:
            return plain
        moved = chance.normal(0, 0.2, plain.shape)
        if cell in {KNOWN, UNKNOWN}:
            moved[:, -1 if cell == KNOWN else -2] += 3
        return plain + moved

    names = [f"{row}" for row in range(count)]
    return Embedded.joined([_rows(looked(cell).astype(np.float32), labels, kinds, names, cell) for cell in LOOKS])


def _stamped(image: Image.Image, mark: Image.Image) -> Image.Image:
    stamped = image.copy()
    stamped.paste(mark, (image.width - mark.width, image.height - mark.height))
    return stamped


def _graph() -> ForeignGraph:
    model = onnx.load(shipped()[0] / "model.onnx")
    model.graph.output.append(onnx.helper.make_tensor_value_info(DEEP, onnx.TensorProto.FLOAT, ["N", 64]))
    return ForeignGraph(model.SerializeToString())


def _seen(graph: ForeignGraph, samples: list[Sample], cell: str, *, batch: int = 500) -> Embedded:
    vectors = []
    for start in range(0, len(samples), batch):
        pixels = np.stack([np.asarray(LOOKS[cell](picture(sample))) for sample in samples[start : start + batch]])
        vectors.append(graph.run(pixels, DEEP))
    labels = np.array([sample.label for sample in samples], np.uint8)
    return _rows(
        np.concatenate(vectors),
        labels,
        np.array([_shows(sample.name) for sample in samples]),
        [sample.name for sample in samples],
        cell,
    )


def _shows(name: str) -> str:
    """CIFAKE numbers the classes in its file names: `0017 (3).jpg` is a bird, `0017.jpg` an aeroplane."""
    _, _, number = name.rpartition("(")
    return CLASSES[int(number.removesuffix(").jpg")) - 1 if number.endswith(").jpg") else 0]


def _rows(
    vectors: NDArray[np.float32], labels: NDArray[np.uint8], kinds: NDArray[np.str_], names: list[str], cell: str
) -> Embedded:
    return Embedded(
        vectors=vectors,
        labels=labels,
        owners=np.array(names),
        kinds=kinds,
        pictures=np.array(names),
        cells=np.full(len(labels), cell),
        lanes=np.full(len(labels), "interactive"),
        short_sides=np.full(len(labels), SIDE, np.int32),
    )
