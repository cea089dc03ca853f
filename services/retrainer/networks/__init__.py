"""Architectures by name: modules from `pixels`, uint8 [N, side, side, 3], to Outputs: a logit and perhaps more.

Imports no other room.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from torch import nn

from services.retrainer.networks import hf
from services.retrainer.networks.aiornot_cnn import AiornotCnn
from services.retrainer.networks.artbench_cnn import ArtbenchCnn
from services.retrainer.networks.cbam_resnet import CbamResNet
from services.retrainer.networks.cifake_cnn import CifakeCnn
from services.retrainer.networks.highpass import HighPass
from services.retrainer.networks.jinwi_cnn import JinwiCnn
from services.retrainer.networks.resnet import ResNet
from shared.errors import ConfigurationError


@dataclass(frozen=True, kw_only=True, slots=True)
class Architecture:
    """`side` of the input in px; `description` goes into the card.

    A `sized` network is built for one side and takes it as an option; another takes pictures of any.
    """

    network: Callable[..., nn.Module]
    side: int
    description: str
    sized: bool = True


CIFAKE = (
    "Convolutional network of Bird & Lotfi, CIFAKE (IEEE Access 2024, arXiv 2303.14126): two layers of 32 filters 3×3, "
    "each with ReLU and 2×2 max pooling, dense 64, one logit. Batch normalisation and dropout help training and are "
    "folded away in the served graph."
)
ARTBENCH = (
    "Convolutional network of AI-art-vs-non-AI-art, after Bird & Lotfi: two layers of 64 filters 3×3 without padding, "
    "each with ReLU and 2×2 max pooling, dense 64, a logit from two outputs."
)

OURS = (
    "Jinwi's own network: fully convolutional, residual stages over local contrast and second differences, without "
    "brightness and colour; the mean of the patches' logits plus a reading of means and deviations of every stage's "
    "features, and a line over fixed texture statistics (co-occurrences of differences, histograms of local contrast "
    "and of residuals, at two scales). Its map shows where the patches' part of the score comes from."
)

OURS_32 = (
    "Jinwi's own network: fully convolutional, residual stages over RGB and two fixed residuals, the mean of the "
    "patches' logits plus a reading of texture from means and deviations of every stage's features; its map shows "
    "where the score comes from."
)

ARCHITECTURES = {
    "jinwi-cnn": Architecture(network=JinwiCnn, side=128, description=OURS, sized=False),
    "jinwi-cnn-32": Architecture(
        network=partial(JinwiCnn, reads=HighPass, widths=(32, 64, 128), stem_stride=1, statistics=64, dropout=0.2),
        side=32,
        description=f"{OURS_32} For pictures of 32 px: the first convolution has a stride of 1.",
        sized=False,
    ),
    "cifake-cnn": Architecture(network=CifakeCnn, side=32, description=CIFAKE),
    "cifake-cnn-128": Architecture(network=CifakeCnn, side=128, description=f"{CIFAKE} For pictures of 128 px."),
    "artbench-cnn": Architecture(network=ArtbenchCnn, side=32, description=ARTBENCH),
    "artbench-cnn-128": Architecture(network=ArtbenchCnn, side=128, description=f"{ARTBENCH} For pictures of 128 px."),
    "aiornot-cnn": Architecture(
        network=AiornotCnn,
        side=256,
        description="Convolutional network of aiornot: three blocks of two convolutions (32, 64, 128 filters 3×3, "
        "batch normalisation, 2×2 max pooling), dense 256, 1-D convolutions 512, 512 and 1024 over one step.",
    ),
    "resnet": Architecture(
        network=ResNet,
        side=128,
        description="Residual network of 18 layers (He et al., CVPR 2016, arXiv 1512.03385), one logit. Up to 64 px "
        "the picture enters at full size.",
    ),
    "cbam-resnet": Architecture(
        network=CbamResNet,
        side=128,
        description="Residual network of 18 layers with channel and spatial attention in every block (Woo et al., "
        "CBAM, ECCV 2018, arXiv 1807.06521), one logit. Up to 64 px the picture enters at full size.",
    ),
}


def architecture(name: str) -> Architecture:
    """Raises ConfigurationError, naming those that exist, for an unknown `name`.

    `hf:NAME_OR_DIR` is a backbone of the transformers library; raises where its files are absent.
    """
    if name.startswith(hf.PREFIX):
        source = hf.Source.find(name.removeprefix(hf.PREFIX))
        return Architecture(network=partial(hf.HfClassifier, source), side=source.side, description=source.description)
    if name not in ARCHITECTURES:
        raise ConfigurationError(f"no architecture {name!r}; there are: {', '.join(ARCHITECTURES)}, hf:NAME_OR_DIR")
    return ARCHITECTURES[name]


def build(name: str, *, side: int | None = None, **options: Any) -> nn.Module:
    """An untrained network (of `hf:` a pretrained one) for pictures of `side` px, else of its architecture's side."""
    found = architecture(name)
    sized = {"side": side or found.side} if found.sized else {}
    return found.network(**sized, **options)
