"""What every network here gives, and how a head reads it."""

from typing import NamedTuple

from torch import Tensor, nn


class Outputs(NamedTuple):
    """Of N inputs: `logit` float32 [N], above 0 for AI-generated; `map` float32 [N, h, w], whose mean is the logit;
    `embedding` float32 [N, D], of which the network's `head`, nn.Linear(D, 1), makes the logit. What a network does
    not have is None.
    """

    logit: Tensor
    map: Tensor | None = None
    embedding: Tensor | None = None

    def named(self) -> dict[str, Tensor]:
        """What there is, by name."""
        return {name: output for name, output in self._asdict().items() if output is not None}


def headed(head: nn.Linear, embedding: Tensor, dropout: nn.Module) -> Outputs:
    """The reading of a head that drops out of what it reads, in training."""
    return Outputs(logit=head(dropout(embedding)).squeeze(1), embedding=embedding)
