"""A collection of made pictures with owners, and networks that read nothing but brightness."""

import io

import numpy as np
import torch
from PIL import Image

from services.retrainer.data.samples import Dataset, Sample
from services.retrainer.networks.outputs import Outputs


def picture(label, seed, side=144):
    """Human-made ones are of coarse blocks, AI-generated ones of fine."""
    cells = side // (6 if label else 24)
    noise = np.random.default_rng(seed).normal(128, 45, (cells, cells, 3))
    blocks = Image.fromarray(np.clip(noise, 0, 255).astype(np.uint8))
    return blocks.resize((side, side), Image.Resampling.NEAREST)


def sample(label, owner, seed):
    file = io.BytesIO()
    picture(label, seed).save(file, "PNG")
    return Sample(name=f"{owner}/{seed}", label=label, owner=owner, read=file.getvalue, kind="" if label else "photo")


def collection():
    """Six owners of each class with four pictures each."""
    return Dataset(
        "made",
        [sample(label, f"{label}-{owner}", 10 * owner + n) for label in (0, 1) for owner in range(6) for n in range(4)],
    )


class Brightness(torch.nn.Module):
    def forward(self, pixels):
        return Outputs(logit=pixels.to(torch.float32).mean((1, 2, 3)) / 10 - 12.5)


class Shifted(Brightness):
    def __init__(self, by):
        super().__init__()
        self.register_buffer("by", torch.tensor(by))

    def forward(self, pixels):
        return Outputs(logit=super().forward(pixels).logit + self.by)
