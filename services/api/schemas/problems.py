"""Problems, as the OpenAPI document shows them."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from services.api.errors import MEDIA_TYPE, PROBLEMS, type_of

PROBLEM_SCHEMA = "#/components/schemas/ProblemDocument"


class ProblemDocument(BaseModel):
    """RFC 9457. `errors` names each wrong field, `part` what is away."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str


_RETRY_AFTER = {"Retry-After": {"description": "Seconds after which to try again.", "schema": {"type": "integer"}}}
_HEADERS: dict[int, dict[str, Any]] = {
    429: {
        **_RETRY_AFTER,
        "RateLimit-Policy": {
            "description": "What holds for the tenant: q requests in w seconds. On every answer that is counted.",
            "schema": {"type": "string", "examples": ['"requests";q=12000;w=60']},
        },
        "RateLimit": {
            "description": "What is left of it: r requests, for t seconds. On every answer that is counted.",
            "schema": {"type": "string", "examples": ['"requests";r=11999;t=42']},
        },
    },
    503: _RETRY_AFTER,
}


def problems(*kinds: str) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may answer with these problems, each with an example."""
    examples: dict[int, dict[str, Any]] = {}
    for kind in kinds:
        status, title = PROBLEMS[kind]
        value = {"type": type_of(kind), "title": title, "status": status, "detail": "…"}
        examples.setdefault(status, {})[kind] = {"value": value}
    return {
        status: {
            "description": " or ".join(example["value"]["title"] for example in same.values()),
            "content": {MEDIA_TYPE: {"schema": {"$ref": PROBLEM_SCHEMA}, "examples": same}},
            **({"headers": _HEADERS[status]} if status in _HEADERS else {}),
        }
        for status, same in examples.items()
    }
