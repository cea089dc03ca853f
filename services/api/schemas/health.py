"""Whether the API can serve."""

from typing import Literal

from pydantic import Field

from services.api.schemas.base import Document


class Readiness(Document):
    status: Literal["ok", "degraded", "unavailable"]
    parts: dict[str, str] = Field(
        description="For each part `ok`, or a sentence.",
        examples=[
            {"postgres": "ok", "objects": "ok", "redis": "ok", "uploads": "ok", "spool": "ok", "model": "ok"},
        ],
    )
