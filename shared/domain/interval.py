"""How far a share may lie from what was counted."""

import math


def wilson(hits: float, n: int, *, z: float = 1.959964) -> tuple[float, float]:
    """Wilson's score interval (JASA 1927), 95 % by default: right for rates near 0 and 1 too."""
    if n == 0:
        return 0.0, 1.0
    share = hits / n
    centre = share + z * z / (2 * n)
    spread = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)
