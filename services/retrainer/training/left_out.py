"""What networks say of pictures whose owners they never saw: the ground of calibration, thresholds and figures."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import nn

from services.retrainer.data import matched
from services.retrainer.data.pictures import LIMITS, picture
from services.retrainer.data.samples import Dataset, Sample
from services.retrainer.fitting.device import CPU, accelerator
from shared.domain.job import Lane
from shared.domain.model_card import InputSpec
from shared.domain.tiles import plan
from shared.imaging.decode import decode
from shared.imaging.prepare import prepare

DRAWS = 2
"""Matched views of each picture."""

Look = Callable[[Sample], Iterator[Image.Image]]


def matched_views(sample: Sample) -> Iterator[Image.Image]:
    """DRAWS views of one picture, in which shape, size, grid and codec say nothing."""
    image = picture(sample)
    for draw in range(DRAWS):
        yield decode(matched.view(image, sample.name, draw), LIMITS).image


def raw(sample: Sample) -> Iterator[Image.Image]:
    """The picture as it came."""
    yield picture(sample)


LOOKS: Mapping[str, Look] = {"matched": matched_views, "raw": raw}


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """Of N pictures with K looks at each: `logits` float32 [N, K] and `short_sides` int32 [N, K] in px."""

    logits: NDArray[np.float32]
    short_sides: NDArray[np.int32]

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(path, logits=self.logits, short_sides=self.short_sides)

    @classmethod
    def load(cls, path: Path) -> "Seen":
        with np.load(path, allow_pickle=False) as arrays:
            return cls(logits=arrays["logits"], short_sides=arrays["short_sides"])


def see(network: nn.Module, dataset: Dataset, look: Look, spec: InputSpec, lane: Lane = Lane.BULK) -> Seen:
    """Score every look at every sample of `dataset` as serving would, in float32 on an accelerator too."""
    device = accelerator()
    network.to(device).eval()
    logits, sides = [], []
    with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        for sample in dataset.samples:
            images = list(look(sample))
            logits.append([picture_logit(network, image, spec, lane, device) for image in images])
            sides.append([min(image.size) for image in images])
    network.to("cpu")
    return Seen(logits=np.array(logits, np.float32), short_sides=np.array(sides, np.int32))


def picture_logit(
    network: nn.Module, image: Image.Image, spec: InputSpec, lane: Lane, device: torch.device = CPU
) -> float:
    """The mean of the tiles' logits by the weights of the plan; the network lies on `device`."""
    with torch.inference_mode():
        values = network(torch.from_numpy(prepare(image, spec, lane)).to(device)).logit.tolist()
    tiles = plan(image.width, image.height, spec, lane)
    return float(sum(tile.weight * value for tile, value in zip(tiles, values, strict=True)))


def repeated(dataset: Dataset, times: int) -> Dataset:
    """Every sample `times` over, in the order of a flattened [N, K]."""
    return Dataset(
        dataset.name,
        [replace(sample, name=f"{sample.name}#{look}") for sample in dataset.samples for look in range(times)],
    )
