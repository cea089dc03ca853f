"""Pictures with edges, flat places and a little noise: what codecs and filters are judged on."""

import numpy as np


def photograph(height=256, width=300, seed=0):
    """Uint8 [height, width, 3]."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (height // 8 + 1, width // 8 + 1, 3)).repeat(8, 0).repeat(8, 1)
    return np.clip(coarse[:height, :width] + random.normal(0, 6, (height, width, 3)), 0, 255).astype(np.uint8)
