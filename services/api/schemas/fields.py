"""The fields of requests: what each may hold, in the OpenAPI document and in words where it does not."""

import re
import unicodedata
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, WithJsonSchema

from services.api.errors import NO_INSTANT
from shared.domain.link import MAX_LENGTH
from shared.domain.model_card import SEMVER

JSON_DEPTH = 16

_CURSOR = re.compile(r"[A-Za-z0-9_-]{22}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MODEL = re.compile(r"[a-z0-9.]{1,40}")


def _line(text: str) -> str:
    if any(unicodedata.category(character) == "Cc" for character in text):
        raise ValueError("holds a control character: remove it")
    return text


def prose(text: str) -> str:
    """Raises ValueError for what PostgreSQL keeps in no text."""
    if "\0" in text:
        raise ValueError("holds a NUL character: remove it")
    return text


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
