"""The optimizer Muon for convolutions: momentum whose every step is made orthogonal."""

from collections.abc import Iterable

import torch
from torch import Tensor


class Muon(torch.optim.Optimizer):
    """Keller Jordan et al., "Muon: An optimizer for hidden layers in neural networks" (2024).

    Takes weights of two or more dimensions, read as [outputs, the rest]; torch.optim.Muon takes matrices alone.
    """

    def __init__(
        self, weights: Iterable[Tensor], *, lr: float, momentum: float = 0.9, weight_decay: float = 0.0
    ) -> None:
        super().__init__(weights, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]  # noqa: ARG002
        """One update with Nesterov's momentum."""
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                state = self.state[weight]
                if not state:
                    state["momentum"] = torch.zeros_like(weight)
                momentum = state["momentum"].mul_(group["momentum"]).add_(weight.grad)
                update = weight.grad.add(momentum, alpha=group["momentum"]).reshape(len(weight), -1)
                rows, columns = update.shape
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                scale = max(1.0, rows / columns) ** 0.5
                weight.add_(orthogonal(update).reshape(weight.shape), alpha=-group["lr"] * scale)


def orthogonal(matrix: Tensor) -> Tensor:
    """Nearly the orthogonal factor of `matrix`, float [m, n]: its singular values brought to about 1.

    Four steps of a quintic Newton-Schulz iteration with Jordan's coefficients.
    """
    flipped = len(matrix) > matrix.shape[1]
    root = matrix.T if flipped else matrix
    root = root / (root.norm() + 1e-7)
    for _ in range(4):
        square = root @ root.T
        root = 3.4445 * root + (-4.7750 * square + 2.0315 * square @ square) @ root
    return root.T if flipped else root
