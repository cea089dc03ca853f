"""Where a network without a map looks: Selvaraju et al., "Grad-CAM" (ICCV 2017, arXiv 1610.02391)."""

import math
from contextlib import AbstractContextManager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from services.retrainer.networks.hf import HfClassifier
from shared.errors import ConfigurationError


def gradcam(network: nn.Module, pixels: NDArray[np.uint8], *, layer: str | None = None) -> NDArray[np.float32]:
    """Float32 [N, h, w] for `pixels`, uint8 [N, H, W, 3]: what speaks for AI above 0, for human below.

    The part above 0 is the paper's map of the class AI, the part below its counterfactual, which is the map of
    the other class. Taken at the last feature map of more than one position, or at the module named `layer`; for
    vision transformers at the patch tokens that enter the last block. Raises ConfigurationError where there is
    no such place.
    """
    network.eval()
    inputs = torch.from_numpy(pixels)
    with torch.enable_grad(), _tap(network, inputs, layer) as tap:
        outputs = network(inputs)
        if outputs.map is not None:
            raise ConfigurationError("this network gives a map of its own; Grad-CAM is for those that give none")
        [gradients] = torch.autograd.grad(outputs.logit.sum(), [tap.features])
    features, gradients = _grid(tap.features.detach()), _grid(gradients)
    weights = gradients.mean((2, 3), keepdim=True)
    return (weights * features).sum(1).float().numpy()


class _Tap(AbstractContextManager["_Tap"]):
    """Holds what flows through a place, as the leaf for which gradients are taken: the layers before cost nothing."""

    features: Tensor

    def __init__(self, module: nn.Module, *, entering: bool) -> None:
        self._handle = (
            module.register_forward_pre_hook(lambda _, inputs: (self._held(inputs[0]), *inputs[1:]))
            if entering
            else module.register_forward_hook(lambda _, __, output: self._held(output))
        )

    def __exit__(self, *_: object) -> None:
        self._handle.remove()

    def _held(self, features: Tensor) -> Tensor:
        self.features = features.detach().requires_grad_()
        return self.features.clone()  # what follows may work in place


def _tap(network: nn.Module, inputs: Tensor, layer: str | None) -> _Tap:
    if layer is not None:
        try:
            return _Tap(network.get_submodule(layer), entering=False)
        except AttributeError as exc:
            raise ConfigurationError(f"this network has no layer {layer!r}: {exc}") from exc
    if isinstance(network, HfClassifier) and network.last_block is not None:
        # Behind the last attention the patches' tokens lead nowhere where the class token alone is read.
        return _Tap(network.last_block, entering=True)
    return _Tap(_last_map(network, inputs[:1]), entering=False)


def _last_map(network: nn.Module, inputs: Tensor) -> nn.Module:
    """The module with a convolution inside that ends last and gives [N, C, h, w] of more than one position."""
    found: list[nn.Module] = []

    def note(module: nn.Module, _: object, output: object) -> None:
        if isinstance(output, Tensor) and output.ndim == 4 and output.shape[2] * output.shape[3] > 1:
            found.append(module)

    holders = [m for m in network.modules() if any(isinstance(part, nn.Conv2d) for part in m.modules())]
    handles = [module.register_forward_hook(note) for module in holders]
    with torch.no_grad():
        network(inputs)
    for handle in handles:
        handle.remove()
    if not found:
        raise ConfigurationError("no layer of this network gives a map of more than one position; name another size")
    return found[-1]


def _grid(features: Tensor) -> Tensor:
    """[N, C, h, w]; tokens [N, T, C] are a square of patches, with the class token and registers in front."""
    if features.ndim == 4:
        return features
    if features.ndim != 3:
        raise ConfigurationError(f"Grad-CAM needs a map or tokens; this layer gives {list(features.shape)}")
    side = math.isqrt(features.shape[1])
    return features[:, -side * side :].transpose(1, 2).unflatten(2, (side, side))
