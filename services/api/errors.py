"""Every error is a problem document (RFC 9457): a stable type for programs, a detail that says what to mend."""

from collections.abc import Callable, Coroutine, Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.requests import ClientDisconnect

from shared.errors import IdempotencyMismatch, JobError, Outage

MEDIA_TYPE = "application/problem+json"

RETRY_SECONDS = 5
"""What `Retry-After` asks of a client that met an outage."""

PROBLEMS: Mapping[str, tuple[int, str]] = {
    "bad-request": (400, "The request cannot be read"),
    "unauthorized": (401, "A valid key is needed"),
    "forbidden": (403, "The key lacks a scope"),
    "not-found": (404, "There is no such thing"),
    "method-not-allowed": (405, "This method does not exist here"),
    "too-slow": (408, "The body did not arrive in time"),
    "conflict": (409, "The present state does not allow it"),
    "no-retrainer": (409, "No retrainer is alive"),
    "precondition-failed": (412, "Somebody else was faster"),
    "too-large": (413, "The request is too large"),
    "unsupported-format": (415, "The file is not a JPEG, PNG, WebP, GIF, AVIF or HEIC image"),
    "unsupported-media-type": (415, "The content type is not accepted here"),
    "invalid-request": (422, "A field is wrong"),
    "too-many-pixels": (422, "The picture has more pixels than are accepted"),
    "forbidden-address": (422, "The link is not accepted"),
    "idempotency-mismatch": (422, "The idempotency key belongs to another request"),
    "rate-limited": (429, "Too many requests"),
    "quota-exceeded": (429, "The day's quota is used up"),
    "backlog-full": (429, "Too many bulk jobs wait"),
    "internal": (500, "An unexpected error"),
    "busy": (503, "Too many uploads are under way"),
    "unavailable": (503, "A part of the system is away"),
}

NO_INSTANT = "is not an ISO 8601 time with a zone, as in 2026-11-21T00:00:00Z"

# By pydantic's kinds of errors, all that our schemas can meet; it speaks Python, and not of what to mend.
_MESSAGES = {
    "bool_type": "must be true or false",
    "dict_type": "must be a JSON object",
    "enum": "must be {expected}",
    "extra_forbidden": "is not known here: remove it",
    "float_type": "must be a number",
    "greater_than_equal": "must be {ge} or more",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "has too many digits",
    "int_type": "must be a whole number",
    "less_than_equal": "must be {le} or less",
    "list_type": "must be a JSON array",
    "literal_error": "must be {expected}",
    "missing": "is missing",
    "model_attributes_type": "must be a JSON object",
    "model_type": "must be a JSON object",
    "string_too_long": "is too long: it may have {max_length:,} characters",
    "string_too_short": "is too short: it needs {min_length:,} or more characters",
    "string_type": "must be text",
    "string_unicode": "holds half of a surrogate pair: remove it",
    "timezone_aware": NO_INSTANT,
    "too_short": "is too short: it needs {min_length} or more members",
    "uuid_parsing": "is not a UUID",
    "uuid_type": "is not a UUID",
    "value_error": "{error}",
}

log = structlog.get_logger("api")


class Problem(HTTPException):
    """`kind` is a key of `PROBLEMS`; `members` are further members of the document."""

    def __init__(self, kind: str, detail: str, *, headers: Mapping[str, str] | None = None, **members: Any) -> None:
        status, title = PROBLEMS[kind]
        super().__init__(status, detail, headers)
        self.document = {"type": type_of(kind), "title": title, "status": status, "detail": detail, **members}

    def response(self) -> JSONResponse:
        return JSONResponse(self.document, self.status_code, self.headers, media_type=MEDIA_TYPE)


def type_of(kind: str) -> str:
    return f"urn:jinwi:problem:{kind}"


def invalid(errors: Mapping[str, str]) -> Problem:
    """A 422 that names each wrong field and what is wrong with it."""
    detail = "; ".join(f"{field}: {message}" for field, message in errors.items())
    listed = [{"field": field, "message": message} for field, message in errors.items()]
    return Problem("invalid-request", detail, errors=listed)


def invalid_body(exc: ValidationError) -> Problem:
    return invalid({_name(error["loc"]): _message(error) for error in exc.errors()})


def refusal(exc: JobError, field: str) -> Problem:
    """The problem that a refused image or link makes of its `field`."""
    errors = [{"field": field, "message": exc.detail}]
    return Problem(exc.reason.replace("_", "-"), exc.detail, errors=errors)


async def _http_exception(request: Request, exc: StarletteHTTPException) -> JSONResponse:
    if isinstance(exc, Problem):
        return exc.response()
    if exc.status_code == HTTPStatus.NOT_FOUND:
        return Problem("not-found", f"There is nothing at {request.url.path}.").response()
    if exc.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return _method_not_allowed(request).response()
    return Problem("bad-request", str(exc.detail)).response()


def _method_not_allowed(request: Request) -> Problem:
    """Allow names the methods of the path (RFC 9110, section 15.5.6); the router knows those of one route."""
    route = request.scope["route"]
    # As the document spells it, without a parameter's kind: {name} and not {name:path}.
    methods = request.app.openapi()["paths"].get(getattr(route, "path_format", route.path), {"get": None})
    allowed = ", ".join(sorted(method.upper() for method in methods))
    return Problem("method-not-allowed", f"Here one may {allowed}.", headers={"Allow": allowed})


async def _validation_error(_: Request, exc: RequestValidationError) -> JSONResponse:
    if any(error["type"] == "json_invalid" for error in exc.errors()):
        return Problem("bad-request", "The body is not JSON.").response()
    # A location begins with where the field stands: body, query, path or header.
    return invalid({_name(error["loc"][1:]): _message(error) for error in exc.errors()}).response()


async def _client_left(_: Request, __: ClientDisconnect) -> JSONResponse:
    return Problem("bad-request", "The body broke off.").response()


async def _idempotency_mismatch(_: Request, exc: IdempotencyMismatch) -> JSONResponse:
    return Problem("idempotency-mismatch", f"{exc}; use a new key for a new request").response()


async def _outage(_: Request, exc: Outage) -> JSONResponse:
    log.warning("outage", part=exc.part, detail=exc.detail)
    return Problem(
        "unavailable",
        f"{exc.part} is away. Send the request again; with an Idempotency-Key nothing is done twice.",
        part=exc.part,
        headers={"Retry-After": str(RETRY_SECONDS)},
    ).response()


def _name(location: tuple[str | int, ...]) -> str:
    return ".".join(map(str, location)) or "body"


def _message(error: Mapping[str, Any]) -> str:
    message = _MESSAGES.get(error["type"])
    return message.format(**error.get("ctx", {})) if message else str(error["msg"])


HANDLERS: Mapping[type[Exception], Callable[[Request, Any], Coroutine[Any, Any, JSONResponse]]] = {
    StarletteHTTPException: _http_exception,
    RequestValidationError: _validation_error,
    ClientDisconnect: _client_left,
    IdempotencyMismatch: _idempotency_mismatch,
    Outage: _outage,
}
