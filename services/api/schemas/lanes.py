"""Lanes."""

from pydantic import ConfigDict, StrictBool

from services.api.schemas.base import Document, Request
from shared.domain.job import Lane


class LaneRequest(Request):
    model_config = ConfigDict(json_schema_extra={"examples": [{"paused": True}]})

    paused: StrictBool


class LaneDocument(Document):
    lane: Lane
    paused: bool


class LaneList(Document):
    lanes: list[LaneDocument]
