"""What each layout of a data set offers."""

from collections.abc import Callable
from dataclasses import dataclass

from services.retrainer.data.samples import Dataset
from services.retrainer.sources.files import Files


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """`looks_for` tells a user what `fits` looks for; `read` takes the files and its own options by name."""

    name: str
    looks_for: str
    fits: Callable[[Files], bool]
    read: Callable[..., Dataset]
