"""From a version directory back to the network that it was exported from, ready to be trained on."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import load
from torch import nn

from services.retrainer import networks
from services.retrainer.networks.jinwi_cnn import JinwiCnn
from services.retrainer.networks.with_texture import WithTexture
from shared.errors import ModelRefused
from shared.scoring.manifest import read_verified


def blueprint(network: nn.Module, arch: str, *, side: int, **options: Any) -> dict[str, Any]:
    """What a card says under `training.network`, so that `restore` can build `network` again."""
    texture = network.standard.centre.numel() if isinstance(network, WithTexture) else 0
    return {"arch": arch, "side": side, "options": options, "texture": texture}


def restore(directory: Path) -> nn.Module:
    """The network of a version, its weights from model.safetensors, in evaluation mode on the CPU.

    Raises ModelRefused where a file was changed, or the version holds no weights or does not say which network they
    are of; ConfigurationError where its architecture is not known here.
    """
    files = read_verified(directory)
    try:
        said: Mapping[str, Any] = json.loads(files["card.json"])["training"]["network"]
        weights = load(files["model.safetensors"])
    except KeyError as exc:
        raise ModelRefused(f"{directory.name} cannot be trained on: it has no {exc.args[0]}") from exc
    network = networks.build(said["arch"], side=said["side"], **said["options"])
    if said["texture"]:
        assert isinstance(network, JinwiCnn)
        network = WithTexture(network, said["texture"])
    try:
        network.load_state_dict(weights)
    except RuntimeError as exc:
        raise ModelRefused(f"{directory.name}: model.safetensors does not fit its card: {exc}") from exc
    return network.eval()
