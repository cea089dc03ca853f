"""What a model version says of itself: the card travels inside the ONNX file and beside it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.domain.verdict import Reason, Thresholds

SEMVER = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")

RESAMPLING = ("nearest", "box", "bilinear", "hamming", "bicubic", "lanczos")


@dataclass(frozen=True, kw_only=True, slots=True)
class InputSpec:
    """How decoded RGB becomes `pixels`, uint8 [N, height, width, 3]: the whole picture, resized."""

    width: int
    height: int
    resample: str = "bicubic"

    def __post_init__(self) -> None:
        if self.resample not in RESAMPLING:
            raise ValueError(f"resample must be one of {', '.join(RESAMPLING)}, got {self.resample!r}")
        if not (1 <= self.width <= 4096 and 1 <= self.height <= 4096):
            raise ValueError(f"input sides lie in 1 to 4096 px, got {self.width}×{self.height}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Calibration:
    """Platt scaling of the logit: probability = sigmoid(logit / temperature + bias), at prior odds of one."""

    temperature: float = 1.0
    bias: float = 0.0

    def __post_init__(self) -> None:
        if not self.temperature > 0:
            raise ValueError(f"temperature must be above 0, got {self.temperature}")


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageRange:
    """The sides, in px before resizing, on which the model's figures were measured."""

    min_side: int
    max_side: int
    statement: str

    def reasons(self, width: int, height: int) -> list[Reason]:
        """One reason when an image of this size lies outside, none when inside."""
        if self.min_side <= min(width, height) and max(width, height) <= self.max_side:
            return []
        return [Reason(code="out_of_range", detail=self.statement)]


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelCard:
    """The part of a card that serving reads, and `document`, the card whole."""

    name: str
    version: str
    input: InputSpec
    calibration: Calibration
    thresholds: Thresholds
    range: ImageRange
    document: Mapping[str, Any]

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "ModelCard":
        """Read a card's JSON; raises ValueError that names the field which is missing or wrong."""
        if not SEMVER.fullmatch(str(document.get("version", ""))):
            raise ValueError("card: 'version' must be MAJOR.MINOR.PATCH")
        try:
            return cls(
                name=document["name"],
                version=document["version"],
                input=InputSpec(**document["input"]),
                calibration=Calibration(**document["calibration"]),
                thresholds=Thresholds(**document["thresholds"]),
                range=ImageRange(**document["range"]),
                document=document,
            )
        except KeyError as exc:
            raise ValueError(f"card: field {exc} is missing") from exc
        except TypeError as exc:
            raise ValueError(f"card: {exc}") from exc
