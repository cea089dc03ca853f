"""The use case of a labelled image: read the form, look at the header, keep bytes and label."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any, BinaryIO

from fastapi import Request

from services.api.body import image_and_fields, spooled
from services.api.deps import Parts
from services.api.errors import Problem
from services.api.schemas.base import read
from services.api.schemas.gold import GoldRequest
from services.api.submit import examine
from shared.domain.labels import Label
from shared.domain.tenant import Caller
from shared.errors import OtherLabel
from shared.storage import gold
from shared.storage.gold import NewGold, Row

# For the OpenAPI document, which FastAPI cannot tell from a route that reads the stream itself.
REQUEST_BODY: Mapping[str, Any] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                **GoldRequest.model_json_schema(),
                "properties": {
                    "image": {
                        "type": "string",
                        "format": "binary",
                        "description": "JPEG, PNG, WebP, GIF (first frame), AVIF or HEIC.",
                    },
                    **GoldRequest.model_json_schema()["properties"],
                },
                "required": ["image", "label"],
            },
            "example": {"image": "(bytes)", "label": "human", "owner": "kim"},
        }
    },
}


@asynccontextmanager
async def labelled(request: Request, caller: Caller, parts: Parts) -> AsyncGenerator[tuple[GoldRequest, BinaryIO]]:
    """What was said, and the image's file, as `spooled` keeps it. Raises Problem."""
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise Problem("unsupported-media-type", "Send the image as multipart/form-data, with the field `label`.")
    most = parts.settings.max_body_bytes
    async with spooled(request, parts.upload_room, caller.tenant_id, len(GoldRequest.model_fields), most) as form:
        fields, image = image_and_fields(form, most)
        yield read(GoldRequest, fields), image


def keep(said: GoldRequest, file: BinaryIO, caller: Caller, parts: Parts) -> tuple[Row, bool]:
    """The image's row, and whether it was added now; raises the Problem that says why it is refused, and Outage."""
    upload = examine(file, parts.settings)
    new = NewGold(
        sha256=upload.sha256,
        label=Label(said.label),
        owner=said.owner or upload.sha256.hex(),
        kind=said.kind or "",
        bytes=upload.size,
        format=upload.header.format,
        width=upload.header.width,
        height=upload.header.height,
    )
    try:
        with parts.database.transaction() as connection:
            return gold.add(connection, parts.store, new, upload.file, guard_share=said.guard, by=caller.key_id)
    except OtherLabel as exc:
        raise Problem("conflict", f"The image is there with the label `{exc.label}`. Remove that one first.") from exc
