"""Folder names that say something about what lies in them, as public data sets use them; case does not matter."""

from services.retrainer.samples import AI, HUMAN

CLASSES = {
    "human": HUMAN,
    "real": HUMAN,
    "0_real": HUMAN,  # CNNDetection (Wang et al., CVPR 2020)
    "nature": HUMAN,  # GenImage (Zhu et al., NeurIPS 2023)
    "ai": AI,
    "fake": AI,
    "1_fake": AI,
}
PARTS = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}


def speaks(folder: str) -> bool:
    return folder.lower() in CLASSES or folder.lower() in PARTS
