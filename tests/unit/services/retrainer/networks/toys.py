"""Small pictures of two classes that any network can tell apart, and a card to export under."""

import numpy as np


def card(side):
    return {
        "name": "toy",
        "version": "1.0.0",
        "input": {"width": side, "height": side, "resample": "bicubic"},
        "calibration": {"temperature": 1.0, "bias": 0.0},
        "thresholds": {"likely_human": 0.2, "likely_ai": 0.8},
        "range": {"min_side": side, "max_side": side, "statement": f"Only {side} × {side} px."},
    }


def pictures(side, n=16):
    """(uint8 [n, side, side, 3], labels float32 [n]): dark noise, and bright noise for AI."""
    random = np.random.default_rng(0)
    labels = (np.arange(n) % 2).astype(np.float32)
    noise = random.normal(100, 40, (n, side, side, 3)) + 60 * labels[:, None, None, None]
    return np.clip(noise, 0, 255).astype(np.uint8), labels
