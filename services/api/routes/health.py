"""For whoever runs it: is the process alive, is it ready, what has it done. Without a key."""

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Mapping

import structlog
from anyio import fail_after, to_thread
from fastapi import APIRouter, Response

from services.api.deps import Parts, PartsOf
from services.api.schemas.health import Readiness
from services.api.schemas.problems import problems
from shared import metrics
from shared.errors import Outage
from shared.storage import models

router = APIRouter(tags=["health"])

CHECK_SECONDS = 2

NEEDLESS = frozenset({"redis", "spool"})
"""Parts without which submissions are still accepted and kept: the sweeper rings later, appeals are sent again."""

FULL = "There is no room for another upload."

log = structlog.get_logger("api")


@router.get("/health/live")
async def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/health/ready", responses={503: {"model": Readiness, "description": "Not fit for requests."}})
async def ready(parts: PartsOf, response: Response) -> Readiness:
    """Whether submissions are accepted, and which part is not well. `degraded` refuses none of them."""
    said = await asyncio.gather(*(_ask(name, check, parts) for name, check in CHECKS.items()))
    sentences = dict(zip(CHECKS, said, strict=True))
    unwell = {name for name, sentence in sentences.items() if sentence != "ok"}
    if unwell - NEEDLESS:
        response.status_code = 503
    status = "unavailable" if unwell - NEEDLESS else "degraded" if unwell else "ok"
    return Readiness(status=status, parts=sentences)


@router.get(
    "/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}, **problems("unavailable")}
)
def show_metrics(parts: PartsOf) -> Response:
    """Prometheus text format."""
    return Response(metrics.render(parts.database), media_type="text/plain; version=0.0.4; charset=utf-8")


async def _ask(name: str, check: Callable[[Parts], str], parts: Parts) -> str:
    """`ok`, or a sentence; what exactly is wrong stands in the log, for it may name inner addresses."""
    try:
        with fail_after(CHECK_SECONDS):
            return await to_thread.run_sync(check, parts, abandon_on_cancel=True, limiter=parts.health_threads)
    except TimeoutError:
        log.warning("part_unwell", part=name, detail="no answer in time")
        return f"It did not answer within {CHECK_SECONDS} s."
    except Outage as exc:
        log.warning("part_unwell", part=name, detail=exc.detail)
        return "It does not answer." if exc.part == name else f"It cannot be asked without {exc.part}."


def _postgres(parts: Parts) -> str:
    with parts.database.transaction():
        return "ok"


def _objects(parts: Parts) -> str:
    parts.store.check()
    return "ok"


def _redis(parts: Parts) -> str:
    parts.publisher.check()
    return "ok"


def _uploads(parts: Parts) -> str:
    return _room("uploads", lambda: shutil.disk_usage(tempfile.gettempdir()).free, parts.settings.max_body_bytes)


def _spool(parts: Parts) -> str:
    largest = max(parts.settings.appeal_bytes, parts.settings.max_model_bytes)
    return _room("spool", parts.appeal_spool.free_bytes, largest)


def _room(part: str, free_bytes: Callable[[], int], needed: int) -> str:
    try:
        return "ok" if free_bytes() >= needed else FULL
    except OSError as exc:
        raise Outage(part, f"the folder cannot be used: {exc}") from exc


def _model(parts: Parts) -> str:
    with parts.database.transaction() as connection:
        return "ok" if models.get(connection, "champion") else "No model version is champion yet."


CHECKS: Mapping[str, Callable[[Parts], str]] = {
    "postgres": _postgres,
    "objects": _objects,
    "redis": _redis,
    "uploads": _uploads,
    "spool": _spool,
    "model": _model,
}
