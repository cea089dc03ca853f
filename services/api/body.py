"""The body of a submission: a form with an image, or JSON with a link. Read only after the key was accepted."""

import json
from collections.abc import AsyncGenerator, Hashable, Mapping
from contextlib import asynccontextmanager
from typing import Any, BinaryIO

from fastapi import Request
from starlette.datastructures import FormData, UploadFile

from services.api.errors import Problem, invalid
from services.api.room import Room
from services.api.schemas.base import read, require_once
from services.api.schemas.jobs import FormSubmission, LinkSubmission, Submission
from shared.errors import Outage

FIELD_BYTES = 16 << 10

# Both bodies for the OpenAPI document, which FastAPI cannot tell from a route that reads the stream itself.
REQUEST_BODY: Mapping[str, Any] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                **Submission.model_json_schema(),
                "properties": {
                    "image": {
                        "type": "string",
                        "format": "binary",
                        "description": "JPEG, PNG, WebP, GIF (first frame), AVIF or HEIC.",
                    },
                    **Submission.model_json_schema()["properties"],
                },
                "required": ["image"],
            },
            "encoding": {"metadata": {"contentType": "application/json"}},
            "example": {"image": "(bytes)", "external_id": "post-17", "metadata": {"author": "u-123"}},
        },
        "application/json": {"schema": LinkSubmission.model_json_schema()},
    },
}


@asynccontextmanager
async def submission(
    request: Request, room: Room, holder: Hashable, max_file_bytes: int
) -> AsyncGenerator[tuple[Submission | LinkSubmission, BinaryIO | None]]:
    """What was said, and the image's file, as `spooled` keeps it. Raises Problem."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type == "application/json":
        yield read(LinkSubmission, _parse(await request.body())), None
    elif content_type == "multipart/form-data":
        async with spooled(request, room, holder, len(Submission.model_fields), max_file_bytes) as form:
            fields, image = image_and_fields(form, max_file_bytes)
            yield read(FormSubmission, fields), image
    else:
        raise Problem(
            "unsupported-media-type",
            "Send an image as multipart/form-data (field `image`), or a link as application/json (field `url`).",
        )


@asynccontextmanager
async def spooled(
    request: Request, room: Room, holder: Hashable, max_fields: int, max_file_bytes: int
) -> AsyncGenerator[FormData]:
    """A form of one file, that on disk beyond 1 MiB and closed at the end.

    Raises Crowded before any of the body is read, and Outage where the disk has no room for it.
    """
    announced = request.headers.get("content-length", "")
    # What announces no size, or too much, may grow to the largest.
    size = min(int(announced), max_file_bytes) if announced.isdecimal() else max_file_bytes
    with room.held(holder, size):
        try:
            form = await request.form(max_files=1, max_fields=max_fields, max_part_size=FIELD_BYTES)
        except OSError as exc:
            raise Outage("uploads", f"the upload cannot be spooled: {exc}") from exc
        try:
            yield form
        finally:
            await form.close()


def _parse(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as exc:
        raise Problem("bad-request", "The body is not JSON.") from exc


def image_and_fields(form: FormData, max_file_bytes: int) -> tuple[dict[str, Any], BinaryIO]:
    """The other fields of a form, and the file of its field `image`; raises Problem."""
    require_once(name for name, _ in form.multi_items())
    # An empty field of an HTML form means that nothing was said.
    fields = {name: value for name, value in form.multi_items() if value != ""}
    image = fields.pop("image", None)
    if not isinstance(image, UploadFile):
        raise invalid({"image": "is missing: send the image's bytes as a file part of this name"})
    if not image.size:
        raise invalid({"image": "is empty"})
    if image.size > max_file_bytes:
        raise Problem("too-large", f"The image has {image.size:,} bytes; at most {max_file_bytes:,} are accepted.")
    return fields, image.file
