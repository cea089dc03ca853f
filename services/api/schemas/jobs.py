"""What may be said with an image and asked of jobs, and how a job is answered."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, StrictBool, WithJsonSchema, field_validator

from services.api.schemas.base import Document, Request
from services.api.schemas.fields import JSON_DEPTH, Cursor, Instant, Line, Url, require_storable
from services.api.schemas.results import ResultDocument
from services.api.schemas.reviews import ReviewedDocument
from shared.domain.job import Lane, State
from shared.domain.review import ReviewState
from shared.domain.verdict import ADVISORY, Verdict

METADATA_BYTES = 4096

_JOB_ID = "019a0b8e-6f5c-7c3e-9f52-3d6c4f1f2a10"

EXAMPLE_JOB = {
    "id": _JOB_ID,
    "state": "done",
    "lane": "interactive",
    "external_id": "post-17",
    "metadata": {"author": "u-123"},
    "url": None,
    "image": {"sha256": "9f86d081884c7d65…", "format": "jpeg", "width": 4032, "height": 3024},
    "allow_training": False,
    "result": {
        "ai_probability": 0.51,
        "human_probability": 0.49,
        "verdict": "uncertain",
        "basis": "model",
        "thresholds": {"likely_human": 0.2, "likely_ai": 0.8},
        "model": {"version": "1.3.0", "sha256": "2c26b46b68ffc68f…"},
        "reasons": [],
        "policy_version": 1,
        "evidence": {
            "map": f"/v1/jobs/{_JOB_ID}/map.png",
            "provenance": [
                {
                    "kind": "exif",
                    "claim": "camera",
                    "strength": "unsigned",
                    "where": "JPEG APP1, EXIF",
                    "details": {"make": "Nikon", "model": "Z 6", "consistency": "incomplete"},
                }
            ],
            "provenance_complete": True,
            "domain": {
                "name": "illustration",
                "probability": 0.81,
                "familiar": True,
                "record": {"images": 140, "owners": 12, "called_ai": 8, "rate": 0.0571, "interval": [0.0293, 0.1086]},
                "cap": 0.1,
            },
            "similar": f"/v1/jobs/{_JOB_ID}/similar",
            "stability": {},
        },
        "advisory": ADVISORY,
    },
    "reviewed": {"state": "none", "verdict_by_person": None, "votes": {"human": 0, "ai": 0, "unsure": 0}},
    "error": None,
    "created_at": "2026-11-21T09:26:00.120000+00:00",
    "finished_at": "2026-11-21T09:26:00.160000+00:00",
    "timings_ms": {"decode": 11.2, "score": 3.4},
    "links": {"self": f"/v1/jobs/{_JOB_ID}", "review": f"/v1/jobs/{_JOB_ID}/review"},
}


def _metadata(values: Mapping[str, Any]) -> Mapping[str, Any]:
    require_storable(values, JSON_DEPTH)
    size = len(json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode())
    if size > METADATA_BYTES:
        raise ValueError(f"takes {size:,} bytes as JSON: at most {METADATA_BYTES:,} are kept")
    return values


# Inline in the OpenAPI document, where the submission's two bodies are written side by side.
LaneName = Annotated[Lane, WithJsonSchema({"type": "string", "enum": [lane.value for lane in Lane]})]


class Submission(Request):
    """What may be said beside an image, in either body."""

    external_id: Line | None = Field(None, description="Your own name for it; echoed, and a filter of the list.")
    metadata: Annotated[dict[str, Any], AfterValidator(_metadata)] = Field(
        {}, description="A JSON object of up to 4,096 bytes; echoed."
    )
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


class ImageDocument(Document):
    sha256: str
    format: str
    width: int | None = Field(
        description="Pixels: as stored until the picture is decoded, then as it is shown; null until known."
    )
    height: int | None


class ErrorDocument(Document):
    reason: str = Field(description="One word for programs, such as `undecodable`.")
    detail: str = Field(description="A sentence for the person who sent the image.")


class JobDocument(Document):
    id: UUID
    state: State
    lane: Lane
    external_id: str | None
    metadata: dict[str, Any]
    url: str | None
    image: ImageDocument | None = Field(description="null while a link's bytes are not here yet, and once erased.")
    allow_training: bool
    result: ResultDocument | None = Field(description="Set when `done`.")
    reviewed: ReviewedDocument
    error: ErrorDocument | None = Field(description="Set when `failed` or `dead`.")
    created_at: datetime
    finished_at: datetime | None
    timings_ms: dict[str, float]
    links: dict[str, str]


class JobList(Document):
    jobs: list[JobDocument]
    next_cursor: str | None = Field(description="null on the last page.")
