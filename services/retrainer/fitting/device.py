"""Where training computes: on an accelerator wherever one is found."""

import torch

CPU = torch.device("cpu")


def accelerator() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
