"""The card that a user writes for a detector of their own: YAML, read strictly."""

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from shared.domain.job import Lane
from shared.domain.model_card import MAX_SIDE, RESAMPLING, SEMVER, Calibration, ImageRange, InputSpec, View
from shared.domain.verdict import Thresholds
from shared.errors import ConfigurationError

UNCALIBRATED = (
    "Its probability was never calibrated: it is what the network itself says, and may be far too sure. "
    "Do not read 80 % as four in five."
)

_MESSAGES = {
    "missing": "is missing",
    "extra_forbidden": "is not known here: remove it",
    "unexpected_keyword_argument": "is not known here: remove it",
    "literal_error": "must be {expected}",
    "string_type": "must be text: put it in quotes",
    "string_too_short": "must not be empty",
    "too_short": "needs {min_length} or more entries",
    "too_long": "takes at most {max_length} entries",
    "value_error": "{error}",
}


def _version(text: str) -> str:
    if not SEMVER.fullmatch(text):
        raise ValueError("must be MAJOR.MINOR.PATCH, as in 100.0.0")
    return text


def _filter(name: str) -> str:
    if name not in RESAMPLING:
        raise ValueError(f"must be one of {', '.join(RESAMPLING)}")
    return name


Text = Annotated[str, Field(min_length=1, max_length=2000)]
Three = Annotated[tuple[float, ...], Field(min_length=3, max_length=3)]
Side = Annotated[int, Field(ge=1, le=MAX_SIDE)]
Share = Annotated[float, Field(ge=0, le=1)]


class _Strict(BaseModel):
    # Reaches into the dataclasses of the domain too.
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Source(_Strict):
    """What a network was trained on."""

    name: Text
    licence: Text
    authors: Text | None = None
    url: Text | None = None
    images: Text | None = None


class Rate(_Strict):
    """A share measured on `n` images by so many `owners`, with its interval."""

    value: Share
    low: Share
    high: Share
    n: int = Field(ge=1)
    owners: int | None = Field(default=None, ge=1)


class Size(_Strict):
    width: Side
    height: Side


class ShortSide(_Strict):
    short_side: Side


class Preprocess(_Strict):
    """How a decoded picture becomes what the network reads."""

    resize: Literal["stretch", "none"] | ShortSide
    size: Size
    interpolation: Annotated[str, AfterValidator(_filter)]
    scale: Literal["0..1", "0..255"]
    mean: Three = (0.0, 0.0, 0.0)
    std: Three = (1.0, 1.0, 1.0)
    channels: Literal["RGB", "BGR"]
    layout: Literal["NCHW", "NHWC"]

    @field_validator("resize", mode="before")
    @classmethod
    def _resize_is_one_of_three(cls, value: Any) -> Any:
        if value in ("stretch", "none") or isinstance(value, dict):
            return value
        raise ValueError("must be stretch, none or {short_side: PX}")

    @field_validator("size", mode="before")
    @classmethod
    def _one_number_is_a_square(cls, value: Any) -> Any:
        if isinstance(value, int):
            return {"width": value, "height": value}
        if isinstance(value, dict):
            return value
        raise ValueError("must be a number of px or {width: PX, height: PX}")

    @field_validator("std")
    @classmethod
    def _no_division_by_nothing(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if min(value) <= 0:
            raise ValueError("must be three numbers above 0")
        return value

    @model_validator(mode="after")
    def _the_crop_fits(self) -> "Preprocess":
        if isinstance(self.resize, ShortSide) and self.resize.short_side < max(self.size.width, self.size.height):
            raise ValueError("resize.short_side must be at least the longer side of size, or the crop does not fit")
        return self

    def spec(self) -> InputSpec:
        """The same as serving says it; only the part that decides pixels."""
        sides = {"width": self.size.width, "height": self.size.height, "resample": self.interpolation}
        if self.resize == "stretch":
            return InputSpec(**sides)
        short_side = self.resize.short_side if isinstance(self.resize, ShortSide) else None
        views = dict.fromkeys(Lane, (View(short_side=short_side, crops=1),))
        return InputSpec(**sides, small="enlarge", views=views)


class Output(_Strict):
    """Which output of the graph judges, and what its numbers mean."""

    name: Text | None = None
    kind: Literal["logit", "probability", "class_logits", "class_probabilities"]
    ai_class: tuple[Annotated[int, Field(ge=0)], ...] | None = None

    @field_validator("ai_class", mode="before")
    @classmethod
    def _one_class_or_several(cls, value: Any) -> Any:
        return [value] if isinstance(value, int) else value

    @model_validator(mode="after")
    def _classes_are_named(self) -> "Output":
        if self.of_classes and not self.ai_class:
            raise ValueError(f"ai_class is missing: which of the outputs mean AI, counted from 0, for {self.kind}")
        if not self.of_classes and self.ai_class not in {None, (0,), (1,)}:
            raise ValueError(f"ai_class must be 1 (a high {self.kind} means AI) or 0 (it means human)")
        return self

    @property
    def of_classes(self) -> bool:
        return self.kind.startswith("class_")

    @property
    def speaks_in_probabilities(self) -> bool:
        return self.kind in {"probability", "class_probabilities"}

    @property
    def rises_with_ai(self) -> bool:
        return self.of_classes or self.ai_class != (0,)


class BroughtCard(_Strict):
    name: Annotated[Text, Field(max_length=200)]
    version: Annotated[Text, AfterValidator(_version)]
    description: Text
    licence: Text
    architecture: Text | None = None
    data: Annotated[list[Source], Field(min_length=1)]
    range: ImageRange
    limits: Annotated[list[Text], Field(min_length=1)]
    thresholds: Thresholds = Thresholds()
    calibration: Calibration | None = None
    false_accusation_rate: Rate | None = None
    preprocess: Preprocess
    output: Output

    def document(self) -> dict[str, Any]:
        """The card as a version carries it; what was written and is known stands in it, nothing else."""
        said = self.model_dump(mode="json", exclude_none=True, exclude={"preprocess", "output"})
        limits = self.limits if self.calibration else [UNCALIBRATED, *self.limits]
        calibration = self.calibration or Calibration()
        return {
            **said,
            "input": self.preprocess.spec().document(),
            "calibration": {"temperature": calibration.temperature, "bias": calibration.bias},
            "calibrated": self.calibration is not None,
            "prior": 0.5,
            "limits": limits,
        }


def read_card(path: Path) -> BroughtCard:
    """Read and check a card; raises ConfigurationError that names each wrong field and its mend, and OSError."""
    try:
        document = yaml.safe_load(path.read_bytes())
    except yaml.YAMLError as exc:
        raise ConfigurationError(f"{path} is not YAML: {exc}") from exc
    if not isinstance(document, dict):
        raise ConfigurationError(f"{path} must hold the fields of a card, as in `name: my-detector`")
    try:
        return BroughtCard.model_validate(document)
    except ValidationError as exc:
        raise ConfigurationError(f"{path}: {'; '.join(_problems(exc))}") from exc


def _problems(exc: ValidationError) -> list[str]:
    """One sentence a field. Of a field's two forms only the one that was meant is spoken of."""
    errors = [error for error in exc.errors() if not str(error["loc"][-1]).startswith("literal[")]
    return [f"{_field(error['loc'])}: {_message(error)}" for error in errors]


def _field(location: tuple[str | int, ...]) -> str:
    return ".".join(str(part) for part in location if part != "ShortSide")


def _message(error: Any) -> str:
    known = _MESSAGES.get(error["type"])
    if known:
        return known.format(**error.get("ctx", {}))
    return str(error["msg"]).replace("Input should be", "must be")
