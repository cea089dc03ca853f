"""What requests may say. Answers stand in `documents.py`."""

import json
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
)

from services.api.errors import invalid_body
from shared.domain.job import Lane, State
from shared.domain.link import MAX_LENGTH
from shared.domain.model_card import SEMVER
from shared.domain.tenant import Scope
from shared.domain.verdict import Verdict

METADATA_BYTES = 4096
METADATA_DEPTH = 16

M = TypeVar("M", bound=BaseModel)


def read(model: type[M], values: Any) -> M:
    """Validate; raises the Problem that names every wrong field."""
    try:
        return model.model_validate(values)
    except ValidationError as exc:
        raise invalid_body(exc) from exc


def _line(text: str) -> str:
    if any(unicodedata.category(character) == "Cc" for character in text):
        raise ValueError("holds a control character: remove it")
    return text


def _prose(text: str) -> str:
    if "\0" in text:
        raise ValueError("holds a NUL character: remove it")
    return text


def _metadata(values: Mapping[str, Any]) -> Mapping[str, Any]:
    _require_storable(values, METADATA_DEPTH)
    size = len(json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode())
    if size > METADATA_BYTES:
        raise ValueError(f"takes {size:,} bytes as JSON: at most {METADATA_BYTES:,} are kept")
    return values


def _require_storable(value: Any, depth: int) -> None:
    """Refuse what JSON can say in Python and jsonb cannot keep, and nesting that would exhaust a reader's stack."""
    match value:
        case dict() | list() if depth == 0:
            raise ValueError(f"is nested deeper than {METADATA_DEPTH} levels")
        case str() if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
            raise ValueError("holds a NUL character or half of a surrogate pair: remove it")
        case float() if value - value != 0:
            raise ValueError("holds NaN or an infinite number: JSON has none")
        case dict():
            for name, member in value.items():
                _require_storable(name, depth)
                _require_storable(member, depth - 1)
        case list():
            for member in value:
                _require_storable(member, depth - 1)


def _json_text(value: Any) -> Any:
    """A form's field is text, so its metadata is a JSON text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError) as exc:
        raise ValueError("is not a JSON object") from exc


Line = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_line)]
Prose = Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(_prose)]
Url = Annotated[str, Field(max_length=MAX_LENGTH)]
# Inline in the OpenAPI document, where the submission's two bodies are written side by side.
LaneName = Annotated[Lane, WithJsonSchema({"type": "string", "enum": [lane.value for lane in Lane]})]


class Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Submission(Request):
    """What may be said beside an image, in either body."""

    external_id: Line | None = Field(None, description="Your own name for it; echoed, and a filter of the list.")
    metadata: Annotated[
        dict[str, Any],
        BeforeValidator(_json_text),
        AfterValidator(_metadata),
        Field(description="A JSON object of up to 4,096 bytes; echoed."),
    ] = {}
    callback_url: Url | None = Field(None, description="Gets a signed webhook when the job ends.")
    lane: LaneName = Field(Lane.INTERACTIVE, description="`bulk` gives way to `interactive`.")
    allow_training: bool = Field(
        default=False, description="Whether retraining may use the image, if the tenant's policy allows it as well."
    )


class LinkSubmission(Submission):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"url": "https://example.com/cat.jpg", "external_id": "post-17"}]}
    )

    url: Url = Field(description="Where the image is: https on port 443 or http on port 80.")


class JobQuery(Request):
    limit: int = Field(50, ge=1, le=200, description="Most jobs in one answer.")
    cursor: str | None = Field(None, pattern=r"^[A-Za-z0-9_-]{22}$", description="`next_cursor` of the page before.")
    state: State | None = None
    verdict: Verdict | None = None
    external_id: Line | None = None
    created_after: AwareDatetime | None = Field(
        None, ge=datetime(1970, 1, 1, tzinfo=UTC), description="ISO 8601 with a zone; the instant itself included."
    )
    created_before: AwareDatetime | None = Field(
        None, ge=datetime(1970, 1, 1, tzinfo=UTC), description="ISO 8601 with a zone; the instant itself left out."
    )


class ReviewRequest(Request):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"label": "human", "reason": "The photographer sent the raw file.", "reviewer": "editor-7"}]
        }
    )

    label: Literal["human", "ai", "unsure"]
    reason: Prose
    reviewer: Line


class TenantRequest(Request):
    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "news-desk"}]})

    name: Line


class TenantQuery(Request):
    tenant_id: UUID | None = Field(None, description="For the scope `admin`; without it, the tenant of your key.")


class KeyRequest(Request):
    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "pipeline", "scopes": ["submit", "read"]}]})

    name: Line
    scopes: list[Scope] = Field(min_length=1)
    tenant_id: UUID | None = Field(None, description="Whose key it is; without it, the tenant of the key you use.")


class LaneRequest(Request):
    model_config = ConfigDict(json_schema_extra={"examples": [{"paused": True}]})

    paused: bool


class ThresholdsRequest(Request):
    likely_human: float = Field(0.20, ge=0, le=1)
    likely_ai: float = Field(0.80, ge=0, le=1)


class PolicyRequest(Request):
    """The whole policy, after a patch was merged into it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"thresholds": {"likely_human": 0.1, "likely_ai": 0.9}, "retention_days": 90}]},
    )

    thresholds: ThresholdsRequest | None = Field(None, description="null: as the model's card says.")
    model: str | None = Field(None, pattern=f"^{SEMVER.pattern}$", description="Pins a version; null: the champion.")
    evidence: Literal["basic", "full"] = "basic"
    provenance: Literal["report", "decide"] = "report"
    allow_training: bool = False
    retention_days: int | None = Field(None, strict=True, ge=1, le=3650, description="null: kept until erased.")
