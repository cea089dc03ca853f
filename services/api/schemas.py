"""What requests may say. Answers stand in `documents.py`."""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

from fastapi import Body
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    ValidationError,
    WithJsonSchema,
    field_validator,
)

from services.api.errors import NO_INSTANT, invalid, invalid_body
from shared.domain.audit import Action
from shared.domain.domains import CAP
from shared.domain.job import Lane, State
from shared.domain.labels import Label as KnownLabel
from shared.domain.labels import Part
from shared.domain.link import MAX_LENGTH
from shared.domain.model_card import SEMVER
from shared.domain.review import Item, Label, ReviewState, Tick
from shared.domain.tenant import Scope
from shared.domain.verdict import Verdict
from shared.storage.gold import GUARD_SHARE

METADATA_BYTES = 4096
JSON_DEPTH = 16

_CURSOR = re.compile(r"[A-Za-z0-9_-]{22}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MODEL = re.compile(r"[a-z0-9.]{1,40}")

M = TypeVar("M", bound=BaseModel)


def read(model: type[M], values: Any) -> M:
    """Validate; raises the Problem that names every wrong field."""
    try:
        return model.model_validate(values)
    except ValidationError as exc:
        raise invalid_body(exc) from exc


def require_once(names: Iterable[str]) -> None:
    """Raises the Problem that names what is given more than once; frameworks silently go by the last."""
    if repeated := [name for name, times in Counter(names).items() if times > 1]:
        raise invalid(dict.fromkeys(repeated, "is given twice"))


def _line(text: str) -> str:
    if any(unicodedata.category(character) == "Cc" for character in text):
        raise ValueError("holds a control character: remove it")
    return text


def prose(text: str) -> str:
    """Raises ValueError for what PostgreSQL keeps in no text."""
    if "\0" in text:
        raise ValueError("holds a NUL character: remove it")
    return text


def _metadata(values: Mapping[str, Any]) -> Mapping[str, Any]:
    require_storable(values, JSON_DEPTH)
    size = len(json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode())
    if size > METADATA_BYTES:
        raise ValueError(f"takes {size:,} bytes as JSON: at most {METADATA_BYTES:,} are kept")
    return values


def require_storable(value: Any, depth: int) -> None:
    """Refuse what JSON can say in Python and jsonb cannot keep, and nesting that would exhaust a reader's stack."""
    match value:
        case dict() | list() if depth == 0:
            raise ValueError(f"is nested deeper than {JSON_DEPTH} levels")
        case str() if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
            raise ValueError("holds a NUL character or half of a surrogate pair: remove it")
        case float() if value - value != 0:
            raise ValueError("holds NaN or an infinite number: JSON has none")
        case dict():
            for name, member in value.items():
                require_storable(name, depth)
                require_storable(member, depth - 1)
        case list():
            for member in value:
                require_storable(member, depth - 1)


def _instant(value: Any) -> Any:
    """Left to itself, pydantic reads a plain number as Unix seconds."""
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError) as exc:
        raise ValueError(NO_INSTANT) from exc


def _whole(value: Any) -> Any:
    """JSON does not tell 7 from 7.0 (RFC 8259, section 6)."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _formed(pattern: re.Pattern[str], otherwise: str) -> Callable[[str], str]:
    """A check that says in words what is expected."""

    def check(text: str) -> str:
        if not pattern.fullmatch(text):
            raise ValueError(otherwise)
        return text

    return check


def _schema(pattern: re.Pattern[str]) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^{pattern.pattern}$"})


# The patterns are for the OpenAPI document; what is wrong is said in words.
Line = Annotated[
    str,
    Field(min_length=1, max_length=200, json_schema_extra={"pattern": r"^[^\u0000-\u001f\u007f-\u009f]*$"}),
    AfterValidator(_line),
]
Prose = Annotated[
    str, Field(min_length=1, max_length=2000, json_schema_extra={"pattern": r"^[^\u0000]*$"}), AfterValidator(prose)
]
Url = Annotated[str, Field(max_length=MAX_LENGTH, json_schema_extra={"format": "uri", "pattern": "^https?://"})]
Instant = Annotated[AwareDatetime, BeforeValidator(_instant)]
Probability = Annotated[float, Field(strict=True, ge=0, le=1)]
Limit = Annotated[int, Field(strict=True, ge=0, le=1_000_000_000), BeforeValidator(_whole)]
Count = Annotated[int, Field(strict=True, ge=0, le=1_000_000_000), BeforeValidator(_whole)]
Seed = Annotated[int, Field(strict=True, ge=0, le=2**32 - 1), BeforeValidator(_whole)]
Days = Annotated[int, Field(strict=True, ge=1, le=3650), BeforeValidator(_whole)]
Sha256 = Annotated[str, AfterValidator(_formed(_SHA256, "is not a SHA-256 in hexadecimal")), _schema(_SHA256)]
Cursor = Annotated[str, AfterValidator(_formed(_CURSOR, "is not a cursor of an earlier answer")), _schema(_CURSOR)]
Version = Annotated[str, AfterValidator(_formed(SEMVER, "is not a version, as in 1.2.0")), _schema(SEMVER)]
VersionOrAlias = Annotated[
    str, AfterValidator(_formed(_MODEL, "is not a version, as in 1.2.0, or an alias")), _schema(_MODEL)
]
# Inline in the OpenAPI document, where the submission's two bodies are written side by side.
LaneName = Annotated[Lane, WithJsonSchema({"type": "string", "enum": [lane.value for lane in Lane]})]


class Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Submission(Request):
    """What may be said beside an image, in either body."""

    external_id: Line | None = Field(None, description="Your own name for it; echoed, and a filter of the list.")
    metadata: Annotated[
        dict[str, Any],
        AfterValidator(_metadata),
        Field(description="A JSON object of up to 4,096 bytes; echoed."),
    ] = {}
    callback_url: Url | None = Field(None, description="Gets a signed webhook when the job ends.")
    lane: LaneName = Field(Lane.INTERACTIVE, description="`bulk` gives way to `interactive`.")
    allow_training: StrictBool = Field(
        default=False, description="Whether retraining may use the image, if the tenant's policy allows it as well."
    )
    evidence: Literal["basic", "full"] | None = Field(
        None, description="`full` scores six re-encodings as well; without it, as the tenant's policy says."
    )
    reference_index: Line | None = Field(
        None, description="Keep the image's hash in this index of references, and then erase image and job."
    )


class FormSubmission(Submission):
    """Every field of a form is text; where the field is no string, a JSON text."""

    @field_validator("metadata", "allow_training", mode="before")
    @classmethod
    def _parse(cls, text: Any) -> Any:
        try:
            return json.loads(text) if isinstance(text, str) else text
        except (ValueError, RecursionError):
            return text


class LinkSubmission(Submission):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"url": "https://example.com/cat.jpg", "external_id": "post-17"}]}
    )

    url: Url = Field(description="Where the image is: https on port 443 or http on port 80.")


class JobQuery(Request):
    limit: int = Field(50, ge=1, le=200, description="Most jobs in one answer.")
    cursor: Cursor | None = Field(None, description="`next_cursor` of the page before.")
    state: State | None = None
    verdict: Verdict | None = None
    review: ReviewState | None = Field(None, description="What people made of it; `disputed` waits for a reviewer.")
    external_id: Line | None = None
    created_after: Instant | None = Field(None, description="ISO 8601 with a zone; the instant itself included.")
    created_before: Instant | None = Field(None, description="ISO 8601 with a zone; the instant itself left out.")


class ReviewRequest(Request):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "label": "human",
                    "reason": "The photographer sent the raw file.",
                    "reviewer": "editor-7",
                    "checklist": {"shadows": "ok", "hands": "odd"},
                }
            ]
        }
    )

    label: Label
    reason: Prose
    reviewer: Line
    checklist: dict[Item, Tick] = Field({}, description="What was looked at, and what was seen there.")


class TenantRequest(Request):
    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "news-desk"}]})

    name: Line


class LimitsRequest(Request):
    """What is left out stays; null sets a limit back to the installation's own, 0 takes it away."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"submissions_per_minute": 600}]})

    submissions_per_minute: Limit | None = Field(None, description="Submissions in one minute.")
    requests_per_minute: Limit | None = Field(None, description="Requests in one minute that submit nothing.")
    submissions_per_day: Limit | None = Field(None, description="Jobs made in one day (UTC).")


class TenantQuery(Request):
    tenant_id: UUID | None = Field(None, description="For the scope `admin`; without it, the tenant of your key.")


class KeyRequest(Request):
    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "pipeline", "scopes": ["submit", "read"]}]})

    name: Line
    scopes: list[Scope] = Field(min_length=1)
    tenant_id: UUID | None = Field(None, description="Whose key it is; without it, the tenant of the key you use.")


class AuditQuery(Request):
    limit: int = Field(50, ge=1, le=200, description="Most acts in one answer.")
    cursor: Cursor | None = Field(None, description="`next_cursor` of the page before.")
    action: Action | None = None
    key_id: UUID | None = Field(None, description="The key that it was done with.")
    since: Instant | None = Field(None, description="ISO 8601 with a zone; the instant itself included.")


class GoldRequest(Request):
    """What is said beside a labelled image, in the form's fields."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"label": "human", "owner": "kim", "kind": "photograph"}]}
    )

    label: Literal["human", "ai"]
    owner: Line | None = Field(
        None,
        description="Who made or collected it: all of an owner is trained on, or all of it judges. Without one, the "
        "image stands for itself.",
    )
    kind: Line | None = Field(None, description="photograph, painting …")
    guard: float = Field(
        GUARD_SHARE,
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="Share of new owners that judge. An owner that is known stays where it is.",
    )


class GoldQuery(Request):
    limit: int = Field(50, ge=1, le=200, description="Most images in one answer.")
    cursor: Cursor | None = Field(None, description="`next_cursor` of the page before.")
    label: KnownLabel | None = None
    part: Part | None = None
    owner: Line | None = None


class ReferenceQuery(Request):
    limit: int = Field(1000, ge=1, le=1000, description="Most pictures in one answer.")
    after: Sha256 | None = Field(None, description="`next_after` of the page before.")


class PromotionRequest(Request):
    why: Prose | None = Field(None, description="Kept with the move, and told to every tenant's webhooks.")
    force: StrictBool = Field(default=False, description="Also a version that was stopped; `why` must say why.")


class ReasonRequest(Request):
    why: Prose | None = Field(None, description="Kept in the audit log.")


class RemovalQuery(Request):
    why: Prose | None = Field(None, description="Kept with the move and in the audit log.")


class ChangelogQuery(Request):
    limit: int = Field(50, ge=1, le=200, description="Most entries in the answer.")


# A body may be left out, so that its example stands beside the schema and not within.
Promotion = Annotated[PromotionRequest | None, Body(examples=[{"why": "Two people read its report."}])]
Reason = Annotated[ReasonRequest | None, Body(examples=[{"why": "A fair week: nothing changes until Monday."}])]


class LaneRequest(Request):
    model_config = ConfigDict(json_schema_extra={"examples": [{"paused": True}]})

    paused: StrictBool


class ThresholdsRequest(Request):
    likely_human: Probability = 0.20
    likely_ai: Probability = 0.80


class PolicyRequest(Request):
    """The whole policy, after a patch was merged into it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"thresholds": {"likely_human": 0.1, "likely_ai": 0.9}, "retention_days": 90}]},
    )

    thresholds: ThresholdsRequest | None = Field(None, description="null: as the model's card says.")
    model: Version | None = Field(None, description="Pins a version; null: the champion.")
    evidence: Literal["basic", "likely_ai", "full"] = Field(
        "basic",
        description="What a result gathers: `full` scores six re-encodings as well, `likely_ai` does so where the "
        "verdict is likely AI.",
    )
    provenance: Literal["report", "decide"] = Field(
        "report", description="`decide`: a signed and trusted statement in the file sets the verdict, not the score."
    )
    domain_cap: Probability = Field(
        CAP,
        description="Share of people's pictures of a kind called AI, above which no picture of that kind is likely AI.",
    )
    allow_training: StrictBool = False
    retention_days: Days | None = Field(None, description="null: kept until erased.")


def or_null(members: Mapping[str, Any]) -> dict[str, Any]:
    """JSON schemas of members that a merge patch may set or, with null, set back to their default (RFC 7396)."""
    return {name: {"anyOf": [member, {"type": "null"}]} for name, member in members.items()}
