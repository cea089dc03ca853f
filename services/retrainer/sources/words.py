"""Folder names that say something about what lies in them, as public data sets use them; case does not matter."""

from services.retrainer.data.samples import AI, HUMAN
from shared.domain.labels import FOLDERS, SPLITS, Label

CLASSES = {name: AI if label is Label.AI else HUMAN for name, label in FOLDERS.items()}
PARTS = SPLITS


def speaks(folder: str) -> bool:
    return folder.lower() in CLASSES or folder.lower() in PARTS
