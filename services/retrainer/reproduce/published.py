"""What the three projects printed of their own results. Shares are in [0, 1]."""

CIFAKE_GRID = {
    (16, 1): 0.9006, (16, 2): 0.9146, (16, 3): 0.9163,
    (32, 1): 0.9038, (32, 2): 0.9293, (32, 3): 0.9254,
    (64, 1): 0.9094, (64, 2): 0.9271, (64, 3): 0.9238,
    (128, 1): 0.9139, (128, 2): 0.9298, (128, 3): 0.9207,
}  # fmt: skip
"""Accuracy by (filters, convolutional layers): Bird & Lotfi, IEEE Access 2024, arXiv 2303.14126."""

CIFAKE_BEST = {"accuracy": 0.9355, "f1": 0.936}
"""With the best dense head, of the same paper."""

AIORNOT = {
    "accuracy": 0.7153,
    "roc_auc": 0.869,
    "classes": {
        "0": {"precision": 0.7414, "recall": 0.5534, "f1": 0.6338, "support": 19_338},
        "1": {"precision": 0.7023, "recall": 0.8451, "f1": 0.7671, "support": 24_104},
    },
    "macro": {"precision": 0.7218, "recall": 0.6993, "f1": 0.7004, "support": 43_442},
    "weighted": {"precision": 0.7197, "recall": 0.7153, "f1": 0.7078, "support": 43_442},
}
"""On the test pictures of the competition AI or Not, by the label that the competition's table gives."""

ARTBENCH_F1 = {32: 0.928, 128: 0.941}
"""By the network's side in px: AI-art-vs-non-AI-art on the test half of AI-ArtBench."""

ARTBENCH_WEIGHTS = {32: 186_370, 128: None}
"""For 128 px it says 3.7 million."""

ARTBENCH_RIGHT = {32: 48, 128: 45}
"""Of its own 66 samples, which are eleven pictures plain and under five alterations."""
