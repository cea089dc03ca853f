"""A call of the HTTP interface: what is sent, and how the answer is read. No I/O here."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO, Generic, Protocol, TypeVar

T = TypeVar("T")

Document = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Call(Generic[T]):
    """One request. `repeatable`: sending it twice does no more than sending it once.

    `read` gets the answer's JSON, or its bytes where it is `raw`.
    """

    method: str
    path: str
    read: Callable[[Any], T]
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Document | None = None
    form: Mapping[str, str] | None = None
    image: bytes | BinaryIO | None = None
    files: Mapping[str, BinaryIO] | None = None
    raw: bool = False
    repeatable: bool = True
    wait: int = 0
    """Seconds for which the server is asked to hold the answer back until the job is final."""


class Send(Protocol):
    def __call__(self, call: Call[T]) -> T: ...


class AsyncSend(Protocol):
    def __call__(self, call: Call[T]) -> Awaitable[T]: ...


class Identified(Protocol):
    @property
    def id(self) -> str: ...


def id_of(one: Identified | str) -> str:
    return one if isinstance(one, str) else one.id


def query(asked: Mapping[str, Any]) -> dict[str, str]:
    """The parameters of a URL for what is asked; what is None is left out."""
    return {name: _query_text(value) for name, value in asked.items() if value is not None}


def _query_text(value: Any) -> str:
    # A time without a zone is the caller's local time.
    return value.astimezone().isoformat() if isinstance(value, datetime) else str(value)
