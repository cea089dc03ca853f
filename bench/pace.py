"""How fast one core takes images from bytes to score, and where its time goes."""

import itertools
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from services.retrainer.data.pictures import LIMITS
from shared.domain.job import Lane
from shared.imaging.decode import decode
from shared.imaging.prepare import prepare
from shared.scoring.picture import Picture
from shared.scoring.session import Model

STAGES = ("decode", "prepare", "inference")


@dataclass(kw_only=True, slots=True)
class Pace:
    """`cpu` holds seconds of processor time by stage, `wall` seconds by the clock.

    Rates go by processor time: what else runs on this machine does not count.
    """

    images: int = 0
    wall: float = 0.0
    cpu: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 0.0))

    @property
    def rate(self) -> float:
        """Images a second a core, from bytes to score."""
        return self.images / sum(self.cpu.values())

    @property
    def inference_rate(self) -> float:
        """Images a second a core in ONNX Runtime alone."""
        return self.images / self.cpu["inference"]

    def share(self, stage: str) -> float:
        return self.cpu[stage] / sum(self.cpu.values())

    def document(self) -> dict[str, Any]:
        return {
            "images": self.images,
            "images_per_second_per_core": round(self.rate, 2),
            "inference_images_per_second_per_core": round(self.inference_rate, 2),
            "images_per_second_wall": round(self.images / self.wall, 2),
            "milliseconds": {stage: round(1000 * spent / self.images, 3) for stage, spent in self.cpu.items()},
            "shares": {stage: round(self.share(stage), 4) for stage in STAGES},
        }

    @contextmanager
    def _stage(self, name: str) -> Iterator[None]:
        started = time.process_time()
        yield
        self.cpu[name] += time.process_time() - started

    def take(self, model: Model, files: Sequence[bytes], lane: Lane) -> None:
        with self._stage("decode"):
            images = [decode(file, LIMITS).image for file in files]
        with self._stage("prepare"):
            pixels = [prepare(image, model.card.input, lane) for image in images]
        pictures = [
            Picture(pixels=tiles, width=image.width, height=image.height, lane=lane)
            for tiles, image in zip(pixels, images, strict=True)
        ]
        with self._stage("inference"):
            model.score_pictures(pictures)
        self.images += len(files)


def pace(model: Model, files: Sequence[bytes], lane: Lane, *, seconds: float, batch: int = 8) -> Pace:
    """The files round and round in batches for at least `seconds`, after one batch that does not count.

    A bare loop in this one thread: no queue, no database, no process of its own for the decoder.
    """
    batches = itertools.cycle(files[start : start + batch] for start in range(0, len(files), batch))
    Pace().take(model, next(batches), lane)
    measured, started = Pace(), time.perf_counter()
    while measured.wall < seconds or not measured.images:
        measured.take(model, next(batches), lane)
        measured.wall = time.perf_counter() - started
    return measured
