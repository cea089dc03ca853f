"""What all of them share: how a request is read, and what an answer is."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from services.api.errors import invalid, invalid_body

M = TypeVar("M", bound=BaseModel)


class Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Document(BaseModel):
    model_config = ConfigDict(extra="forbid")


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


def or_null(members: Mapping[str, Any]) -> dict[str, Any]:
    """JSON schemas of members that a merge patch may set or, with null, set back to their default (RFC 7396)."""
    return {name: {"anyOf": [member, {"type": "null"}]} for name, member in members.items()}
