"""What a network costs to run."""

import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode


def macs(network: nn.Module, side: int) -> int:
    """Multiply-accumulates of matrix products, convolutions and attention for one picture of `side` px square."""
    network.eval()
    # The counter knows attention's products, not the fused kernels that do the same.
    with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        network(torch.zeros(1, side, side, 3, dtype=torch.uint8))
    return int(counter.get_total_flops()) // 2
