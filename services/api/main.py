"""Composition root: the only place where the API's parts are made and wired."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import structlog
from anyio import CapacityLimiter
from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute

from services.api.backlog import Backlog
from services.api.counters import Counters
from services.api.deps import Parts
from services.api.errors import HANDLERS
from services.api.key_use import KeyUse
from services.api.limits import RateLimits
from services.api.middleware import BodyLimit, RequestContext, Upload
from services.api.room import Room
from services.api.routes import (
    appeals,
    audit,
    gold,
    health,
    jobs,
    keys,
    lanes,
    links,
    models,
    page,
    policy,
    reference_indexes,
    results,
    retraining,
    reviews,
    rollout,
    similar,
    spot_checks,
    tenants,
    training,
    webhook_deliveries,
    webhooks,
)
from services.api.schemas.jobs import EXAMPLE_JOB
from services.api.schemas.problems import ProblemDocument, problems
from services.api.spool import Spool
from services.api.submit import Submissions
from services.api.visitors import Visitors
from shared.config import Settings
from shared.queue.enqueue import Publisher
from shared.storage.db import Database
from shared.storage.objects import ObjectStore
from shared.storage.watch import JobWatch

COUNTED = (
    jobs,
    reviews,
    links,
    appeals,
    similar,
    reference_indexes,
    policy,
    models,
    gold,
    retraining,
    rollout,
    lanes,
    webhooks,
    webhook_deliveries,
    tenants,
    keys,
    audit,
    spot_checks,
    training,
)
"""Routes whose requests are counted for the tenant, in the order of the OpenAPI document."""

UNCOUNTED = (health, page, results)

UPLOAD_THREADS = 8
HEALTH_THREADS = 8

UPLOADS_AT_ONCE = 20
"""Pictures of the largest size that one process has room for while they arrive: 0.5 GB with the default limits, which
is what `/tmp` has in docker-compose.yml. Of a usual size they are hundreds."""

APPEALS_AT_ONCE = 3
MODELS_AT_ONCE = 1
"""Bodies of each kind that one process takes at a time: with the default limits they need 0.8 GB of disk."""

MODEL_SECONDS = 3600
"""For how long the upload of a model version may take."""

DESCRIPTION = """Says how likely an image is AI-generated: a calibrated probability, and what it rests on.
Supporting evidence only. A person decides."""

log = structlog.get_logger("api")


class Api(FastAPI):
    def openapi(self) -> dict[str, Any]:
        document = super().openapi()
        schemas = document["components"]["schemas"]
        schemas["ProblemDocument"] = ProblemDocument.model_json_schema()
        # FastAPI leaves nulls out of examples, and a job has some.
        schemas["JobDocument"]["examples"] = [EXAMPLE_JOB]
        return document


def create_app(settings: Settings) -> FastAPI:
    """The API. It starts, and says in /health/ready what is not well, even while everything it needs is away."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with AsyncExitStack() as stack:
            app.state.parts = await _open(settings, stack)
            log.info("api_started", host=settings.host, port=settings.port)
            yield

    app = Api(
        title="Jinwi",
        version="1",
        description=DESCRIPTION,
        lifespan=lifespan,
        exception_handlers=dict(HANDLERS),
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
    )
    app.add_middleware(BodyLimit, uploads=_uploads(settings))
    app.add_middleware(RequestContext)
    for routes in COUNTED:
        app.include_router(routes.router, responses=problems("rate-limited"))
    for routes in UNCOUNTED:
        app.include_router(routes.router)
    return app


def _uploads(settings: Settings) -> Mapping[str, Upload]:
    """What may be sent to paths that begin so."""
    return {
        "/v1/jobs": Upload(bytes=settings.max_body_bytes),
        "/v1/gold": Upload(bytes=settings.max_body_bytes),
        "/r/": Upload(bytes=settings.appeal_bytes),
        "/v1/models": Upload(bytes=settings.max_model_bytes, seconds=MODEL_SECONDS),
    }


async def _open(settings: Settings, stack: AsyncExitStack) -> Parts:
    database = Database(settings)
    database.open()
    stack.push_async_callback(run_in_threadpool, database.close)
    publisher = Publisher(settings)
    publisher.start()
    stack.push_async_callback(run_in_threadpool, publisher.stop)
    watch = JobWatch(settings)
    stack.push_async_callback(_cancel, asyncio.create_task(watch.run()))
    store = ObjectStore(settings)
    counters = Counters(settings)
    stack.push_async_callback(run_in_threadpool, counters.close)
    key_use = KeyUse(database)
    stack.push_async_callback(run_in_threadpool, key_use.write)
    stack.push_async_callback(_cancel, asyncio.create_task(key_use.run()))
    return Parts(
        settings=settings,
        database=database,
        store=store,
        publisher=publisher,
        watch=watch,
        submissions=Submissions(
            database=database,
            store=store,
            publisher=publisher,
            backlog=Backlog(database, settings),
            settings=settings,
        ),
        limits=RateLimits(settings, counters),
        visitors=Visitors(settings, counters),
        key_use=key_use,
        upload_room=Room(UPLOADS_AT_ONCE * settings.max_body_bytes),
        appeal_spool=Spool(settings.spool_dir, APPEALS_AT_ONCE),
        model_spool=Spool(settings.spool_dir, MODELS_AT_ONCE),
        upload_threads=CapacityLimiter(UPLOAD_THREADS),
        health_threads=CapacityLimiter(HEALTH_THREADS),
    )


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])


def _operation_id(route: APIRoute) -> str:
    return route.name
