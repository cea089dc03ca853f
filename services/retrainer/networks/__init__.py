"""Architectures by name: modules from `pixels`, uint8 [N, side, side, 3], to logits, float32 [N]."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from services.retrainer.networks.cifake_cnn import CifakeCnn
from shared.errors import ConfigurationError


@dataclass(frozen=True, kw_only=True, slots=True)
class Architecture:
    """`side` of the input in px; `description` goes into the card."""

    network: Callable[..., nn.Module]
    side: int
    description: str


ARCHITECTURES = {
    "cifake-cnn": Architecture(
        network=CifakeCnn,
        side=32,
        description="Convolutional network of Bird & Lotfi, CIFAKE (IEEE Access 2024, arXiv 2303.14126): two "
        "layers of 32 filters 3×3, each with ReLU and 2×2 max pooling, dense 64, one logit. Batch "
        "normalisation and dropout help training and are folded away in the served graph.",
    ),
}


def architecture(name: str) -> Architecture:
    """Raises ConfigurationError, naming those that exist, for an unknown `name`."""
    if name not in ARCHITECTURES:
        raise ConfigurationError(f"no architecture {name!r}; there are: {', '.join(ARCHITECTURES)}")
    return ARCHITECTURES[name]


def build(name: str, **options: float) -> nn.Module:
    return architecture(name).network(**options)
