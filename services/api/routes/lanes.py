"""Lanes: a paused one still accepts jobs, and no worker takes them."""

import structlog
from fastapi import APIRouter

from services.api.deps import Admin, PartsOf, Reader
from services.api.schemas.lanes import LaneDocument, LaneList, LaneRequest
from services.api.schemas.problems import problems
from shared.domain.audit import Action
from shared.domain.job import Lane
from shared.storage import audit, counts

router = APIRouter(prefix="/v1/lanes", tags=["lanes"])

log = structlog.get_logger("api")


@router.get("", responses=problems("unauthorized", "forbidden", "unavailable"))
def list_lanes(_: Reader, parts: PartsOf) -> LaneList:
    """Both lanes. Needs the scope `read`."""
    with parts.database.transaction() as connection:
        rows = counts.lanes(connection)
    return LaneList(lanes=[LaneDocument(**row) for row in rows])


@router.put("/{lane}", responses=problems("bad-request", "unauthorized", "forbidden", "invalid-request", "unavailable"))
def change_lane(lane: Lane, wanted: LaneRequest, caller: Admin, parts: PartsOf) -> LaneDocument:
    """Pause or resume a lane. Needs the scope `admin`."""
    with parts.database.transaction() as connection:
        counts.pause(connection, lane, paused=wanted.paused)
        action = Action.LANE_PAUSED if wanted.paused else Action.LANE_RESUMED
        audit.record(connection, action, lane, by=caller.key_id)
    log.info("lane_changed", lane=lane, paused=wanted.paused)
    return LaneDocument(lane=lane, paused=wanted.paused)
