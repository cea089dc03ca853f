"""What a picture is known to be, and by what folder names public data sets say it; case does not matter."""

from collections.abc import Mapping
from enum import StrEnum


class Label(StrEnum):
    HUMAN = "human"
    AI = "ai"


class Part(StrEnum):
    """What a labelled picture is for: to be learned from, or to judge by and never to be learned from."""

    TRAIN = "train"
    GUARD = "guard"


SPLITS: Mapping[str, str] = {
    "train": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
}
"""Folders that say which official part of a set their pictures are of, and nothing of who made them."""

FOLDERS: Mapping[str, Label] = {
    "human": Label.HUMAN,
    "real": Label.HUMAN,
    "0_real": Label.HUMAN,  # CNNDetection (Wang et al., CVPR 2020)
    "nature": Label.HUMAN,  # GenImage (Zhu et al., NeurIPS 2023)
    "ai": Label.AI,
    "fake": Label.AI,
    "1_fake": Label.AI,
}
