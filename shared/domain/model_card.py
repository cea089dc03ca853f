"""What a model version says of itself: the card travels inside the ONNX file and beside it."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from shared.domain.job import Lane
from shared.domain.verdict import Reason, Thresholds

SEMVER = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")

RESAMPLING = ("nearest", "box", "bilinear", "hamming", "bicubic", "lanczos")


CROPS = (1, 2, 4, 5, 9)
"""Centre; both ends of the long axis; corners; corners and centre; a grid of 3 × 3."""

SMALL = ("mirror", "enlarge")

MAX_SIDE = 4096
"""Of a tile and of a view's short side, in px; all tiles of a lane together hold at most its square."""


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """One look at a picture: its short side brought to `short_side` px (None: native pixels), then `crops` tiles.

    `weight` is what the view counts in the mean of all tile logits; its tiles share it evenly.
    """

    short_side: int | None
    crops: int
    weight: float = 1.0

    def __post_init__(self) -> None:
        if self.short_side is not None and not (_is_whole(self.short_side) and 1 <= self.short_side <= MAX_SIDE):
            raise ValueError(f"views: short_side must be null or 1 to {MAX_SIDE} px, got {self.short_side!r}")
        if not _is_whole(self.crops) or self.crops not in CROPS:
            raise ValueError(f"views: crops must be one of {', '.join(map(str, CROPS))}, got {self.crops!r}")
        if not _is_number(self.weight) or not 0 < self.weight < float("inf"):
            raise ValueError(f"views: weight must be above 0, got {self.weight!r}")


@dataclass(frozen=True, kw_only=True, slots=True)
class InputSpec:
    """How decoded RGB becomes `pixels`, uint8 [T, height, width, 3].

    Without `views` there is one tile: the whole picture, stretched to width × height px. With them, each lane has
    its views, and `small` says what becomes of a picture smaller than they ask: "mirror" never enlarges it and
    completes a side shorter than the tile by mirroring; "enlarge" enlarges it to the short side, and to the tile.
    """

    width: int
    height: int
    resample: str = "bicubic"
    small: str = "mirror"
    views: Mapping[Lane, Sequence[View]] | None = None

    def __post_init__(self) -> None:
        if self.resample not in RESAMPLING:
            raise ValueError(f"resample must be one of {', '.join(RESAMPLING)}, got {self.resample!r}")
        if self.small not in SMALL:
            raise ValueError(f"small must be one of {', '.join(SMALL)}, got {self.small!r}")
        if not (_is_whole(self.width) and _is_whole(self.height)):
            raise ValueError(f"input sides are whole numbers of px, got {self.width!r}×{self.height!r}")
        if not (1 <= self.width <= MAX_SIDE and 1 <= self.height <= MAX_SIDE):
            raise ValueError(f"input sides lie in 1 to {MAX_SIDE} px, got {self.width}×{self.height}")
        if self.views is not None:
            self._check_views(self.views)

    def _check_views(self, views: Mapping[Lane, Sequence[View]]) -> None:
        if views.keys() != set(Lane) or not all(views.values()):
            raise ValueError("views must name at least one view for each lane, bulk and interactive")
        if max(map(self.most_tiles, Lane)) * self.width * self.height > MAX_SIDE**2:
            raise ValueError(f"views: the tiles of a lane hold at most {MAX_SIDE}×{MAX_SIDE} px together")

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read a card's `input`; raises ValueError or TypeError that names the field which is wrong."""
        views = document.get("views")
        if views is None:
            return cls(**document)
        lanes = _of_lanes(views, "views")
        return cls(**{**document, "views": {lane: tuple(View(**view) for view in lanes[lane]) for lane in lanes}})

    def document(self) -> dict[str, Any]:
        """The card's `input`, as JSON says it."""
        shown = {"width": self.width, "height": self.height, "resample": self.resample}
        if self.views is None:
            return shown
        views = {lane.value: [asdict(view) for view in self.views[lane]] for lane in Lane}
        return {**shown, "small": self.small, "views": views}

    def most_tiles(self, lane: Lane) -> int:
        """How many tiles a large picture has in this lane; a small one has fewer."""
        return 1 if self.views is None else sum(view.crops for view in self.views[lane])


@dataclass(frozen=True, kw_only=True, slots=True)
class Calibration:
    """Platt scaling of the logit: probability = sigmoid(logit / temperature + bias), at prior odds of one."""

    temperature: float = 1.0
    bias: float = 0.0

    def __post_init__(self) -> None:
        if not (_is_number(self.temperature) and 0 < self.temperature < math.inf):
            raise ValueError(f"temperature must be a number above 0, got {self.temperature!r}")
        if not (_is_number(self.bias) and math.isfinite(self.bias)):
            raise ValueError(f"bias must be a number, got {self.bias!r}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Tier:
    """The calibration of pictures whose short side is at most `max_short_side` px; None: of all larger ones."""

    max_short_side: int | None
    calibration: Calibration


@dataclass(frozen=True, kw_only=True, slots=True)
class CalibrationTable:
    """A calibration for each lane and size: views and sharpness differ, and with them what a logit means."""

    tiers: Mapping[Lane, Sequence[Tier]]

    def __post_init__(self) -> None:
        for lane in Lane:
            tiers = self.tiers.get(lane, ())
            bounds = [tier.max_short_side for tier in tiers if tier.max_short_side is not None]
            if not tiers or tiers[-1].max_short_side is not None:
                raise ValueError(f"calibration: the last tier of {lane} must have max_short_side null")
            if len(bounds) != len(tiers) - 1 or not all(map(_is_whole, bounds)) or sorted(set(bounds)) != bounds:
                raise ValueError(f"calibration: max_short_side must be whole and rise from tier to tier of {lane}")

    @classmethod
    def of_all(cls, calibration: Calibration) -> Self:
        """The same calibration in both lanes and at every size."""
        return cls(tiers=dict.fromkeys(Lane, (Tier(max_short_side=None, calibration=calibration),)))

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read a card's `calibration`: one for all, or tiers by lane; raises ValueError or TypeError with the field."""
        if not set(Lane) & document.keys():
            return cls.of_all(Calibration(**document))
        lanes = _of_lanes(document, "calibration")
        return cls(tiers={lane: tuple(map(_tier, lanes[lane])) for lane in lanes})

    def document(self) -> dict[str, Any]:
        """The card's `calibration`, as JSON says it: one for all, or tiers by lane."""
        if len({tier.calibration for tiers in self.tiers.values() for tier in tiers}) == 1:
            return asdict(self.tiers[Lane.BULK][0].calibration)
        return {
            lane.value: [
                {"max_short_side": tier.max_short_side, **asdict(tier.calibration)} for tier in self.tiers[lane]
            ]
            for lane in Lane
        }

    def of(self, lane: Lane, short_side: int) -> Calibration:
        """The calibration of a picture whose short side, as submitted, is `short_side` px."""
        return next(
            tier.calibration
            for tier in self.tiers[lane]
            if tier.max_short_side is None or short_side <= tier.max_short_side
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageRange:
    """The sides, in px before resizing, on which the model's figures were measured."""

    min_side: int
    max_side: int
    statement: str

    def __post_init__(self) -> None:
        if not (_is_whole(self.min_side) and _is_whole(self.max_side) and 1 <= self.min_side <= self.max_side):
            sides = f"{self.min_side!r} and {self.max_side!r}"
            raise ValueError(f"min_side must be 1 or more, and max_side no less than it, in whole px: got {sides}")
        if not isinstance(self.statement, str):
            raise ValueError("statement must be text")  # noqa: TRY004 - as of every field of a card

    def reasons(self, width: int, height: int) -> Sequence[Reason]:
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
    calibration: CalibrationTable
    thresholds: Thresholds
    range: ImageRange
    embedding_size: int | None
    """Of the vector that the head reads; None where the model gives none."""
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
                input=InputSpec.from_document(document["input"]),
                calibration=CalibrationTable.from_document(document["calibration"]),
                thresholds=Thresholds(**document["thresholds"]),
                range=ImageRange(**document["range"]),
                embedding_size=_embedding_size(document.get("embedding")),
                document=document,
            )
        except KeyError as exc:
            raise ValueError(f"card: field {exc} is missing") from exc
        except TypeError as exc:
            raise ValueError(f"card: {exc}") from exc


def _embedding_size(document: Any) -> int | None:
    """Of the card's `embedding`, `{"size": 760}` or missing; raises ValueError."""
    if document is None:
        return None
    size = document.get("size", 0) if isinstance(document, Mapping) else 0
    if not (_is_whole(size) and size > 0):
        raise ValueError(f"embedding must be an object with a whole size above 0, got {document!r}")
    return int(size)


def _of_lanes(document: Any, field: str) -> dict[Lane, list[Mapping[str, Any]]]:
    """`{"bulk": [{…}, …], "interactive": [{…}, …]}`, its shape checked; raises ValueError that names `field`."""
    if not isinstance(document, Mapping) or document.keys() != set(Lane):
        raise ValueError(f"{field} must be an object with the lists bulk and interactive")
    for lane in Lane:
        entries = document[lane]
        if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
            raise ValueError(f"{field}.{lane} must be a list of objects")
    return {lane: document[lane] for lane in Lane}


def _tier(document: Mapping[str, Any]) -> Tier:
    numbers = {name: value for name, value in document.items() if name != "max_short_side"}
    if "max_short_side" not in document:
        raise ValueError("calibration: a tier's max_short_side is missing; null is the largest pictures'")
    return Tier(max_short_side=document["max_short_side"], calibration=Calibration(**numbers))


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
