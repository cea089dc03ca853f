"""`jinwi.client` for async programs."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeVar, Unpack

import httpx

from jinwi.calls import admin, index
from jinwi.calls import jobs as job_calls
from jinwi.calls import models as model_calls
from jinwi.calls.admin import AuditFilters
from jinwi.calls.call import Call, Document, id_of
from jinwi.calls.index import PICTURES_PAGE
from jinwi.calls.jobs import Filters, Options
from jinwi.calls.lists import async_items
from jinwi.calls.upload import Progress, ignore
from jinwi.clients.gold import AsyncGold
from jinwi.clients.people import AsyncAppeals, AsyncLinks
from jinwi.clients.retraining import AsyncRetraining
from jinwi.clients.spot_checks import AsyncSpotChecks
from jinwi.clients.webhooks import AsyncWebhooks
from jinwi.errors import ApiError, Timeout
from jinwi.results.jobs import Job
from jinwi.results.models import Model
from jinwi.results.twins import Similar
from jinwi.transport import flow
from jinwi.transport.batch import BatchItem, bulk
from jinwi.transport.flow import PATIENCE, VERIFY_SECONDS, Flow, Pause, Send, Source
from jinwi.transport.window import async_as_each_ends
from jinwi.transport.wire import build_request, http_options

T = TypeVar("T")


class AsyncClient:
    """`Client` for async programs: the same methods, awaited."""

    def __init__(self, url: str | None = None, key: str | None = None, *, timeout: float = PATIENCE) -> None:
        self._http = httpx.AsyncClient(**http_options(url, key))
        self._patience = timeout
        self.gold = AsyncGold(self._send)
        self.webhooks = AsyncWebhooks(self._send)
        self.spot_checks = AsyncSpotChecks(self._send)
        self.retraining = AsyncRetraining(self._run, timeout)
        self.links = AsyncLinks(self._send)
        self.appeals = AsyncAppeals(self._send)

    async def verify(
        self,
        source: Source,
        *,
        timeout: float | None = VERIFY_SECONDS,  # noqa: ASYNC109 - as Client's
        **options: Unpack[Options],
    ) -> Job:
        return await self._run(flow.verify(source, options, timeout, self._patience))

    async def submit(self, source: Source, **options: Unpack[Options]) -> Job:
        return await self._run(flow.submit(source, options, self._patience))

    async def wait(
        self,
        job: Job | str,
        *,
        timeout: float | None = VERIFY_SECONDS,  # noqa: ASYNC109 - as Client's
    ) -> Job:
        return await self._run(flow.wait(id_of(job), timeout, self._patience))

    def batch(
        self,
        sources: Iterable[Source],
        *,
        concurrency: int = 8,
        timeout: float | None = None,
        **options: Unpack[Options],
    ) -> AsyncIterator[BatchItem]:
        async def work(source: Source) -> BatchItem:
            steps = flow.verify_one_of_many(source, bulk(options), timeout, self._patience)
            try:
                return BatchItem(source=source, job=await self._run(steps))
            except (ApiError, Timeout, OSError) as exc:
                return BatchItem(source=source, error=exc)

        return async_as_each_ends(sources, work, concurrency)

    async def job(self, job_id: str) -> Job:
        return await self._send(job_calls.get_job(job_id))

    def jobs(self, *, limit: int | None = None, **filters: Unpack[Filters]) -> AsyncIterator[Job]:
        return async_items(self._send, partial(job_calls.list_jobs, job_calls.known(filters)), limit)

    async def erase(self, job: Job | str) -> Job:
        return await self._send(job_calls.erase_job(id_of(job)))

    async def map_png(self, job: Job | str) -> bytes:
        return await self._send(job_calls.get_map(id_of(job)))

    async def review(
        self, job: Job | str, label: str, reason: str, reviewer: str, *, checklist: Mapping[str, str] | None = None
    ) -> Document:
        return await self._send(job_calls.review_job(id_of(job), label, reason, reviewer, checklist))

    async def training(self, job: Job | str) -> Document:
        return await self._send(job_calls.get_training(id_of(job)))

    async def similar(self, job: Job | str) -> Similar:
        return await self._send(job_calls.get_similar(id_of(job)))

    async def reference_indexes(self) -> list[Document]:
        return await self._send(index.list_reference_indexes())

    def reference_pictures(self, name: str) -> AsyncIterator[Document]:
        return async_items(self._send, partial(index.list_reference_pictures, name), None, page=PICTURES_PAGE)

    async def remove_reference_index(self, name: str) -> Document:
        return await self._send(index.remove_reference_index(name))

    async def models(self) -> list[Model]:
        return await self._send(model_calls.list_models())

    async def model(self, version: str = "champion") -> Model:
        return await self._send(model_calls.get_model(version))

    async def upload_model(self, directory: Path | str, *, progress: Progress = ignore) -> Model:
        return await self._run(flow.upload_model(directory, progress, self._patience))

    async def promote_model(self, version: str, *, why: str | None = None, force: bool = False) -> Model:
        return await self._send(model_calls.promote_model(version, why, force=force))

    async def rollout(self, version: str = "challenger") -> Document:
        return await self._send(model_calls.get_rollout(version))

    async def begin_rollout(self, version: str, *, why: str | None = None) -> Document:
        return await self._send(model_calls.begin_rollout(version, why))

    async def stop_rollout(self, version: str = "challenger") -> Document:
        return await self._send(model_calls.stop_rollout(version))

    async def freeze_models(self, *, why: str | None = None) -> Document:
        return await self._send(model_calls.set_frozen(why, frozen=True))

    async def unfreeze_models(self, *, why: str | None = None) -> Document:
        return await self._send(model_calls.set_frozen(why, frozen=False))

    async def policy(self) -> Document:
        return await self._send(admin.get_policy())

    async def change_policy(self, changes: Mapping[str, Any]) -> Document:
        return await self._send(admin.change_policy(changes))

    async def pin_model(self, version: str | None) -> Document:
        return await self._send(admin.change_policy({"model": version}))

    async def changelog(self, *, limit: int = 50) -> list[Document]:
        return await self._send(model_calls.changelog(limit))

    async def roll_back_model(self) -> Model:
        return await self._send(model_calls.roll_back_model())

    async def remove_model(self, version: str, *, why: str | None = None) -> Model:
        return await self._send(model_calls.remove_model(version, why))

    async def lanes(self) -> list[Document]:
        return await self._send(admin.list_lanes())

    async def pause(self, lane: str) -> Document:
        return await self._send(admin.set_lane(lane, paused=True))

    async def resume(self, lane: str) -> Document:
        return await self._send(admin.set_lane(lane, paused=False))

    async def keys(self) -> list[Document]:
        return await self._send(admin.list_keys())

    async def create_key(self, name: str, scopes: Iterable[str]) -> Document:
        return await self._send(admin.create_key(name, list(scopes)))

    async def revoke_key(self, key_id: str) -> Document:
        return await self._send(admin.revoke_key(key_id))

    def audit(self, *, limit: int | None = None, **filters: Unpack[AuditFilters]) -> AsyncIterator[Document]:
        return async_items(self._send, partial(admin.list_acts, filters), limit)

    async def close(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _send(self, call: Call[T]) -> T:
        return await self._run(flow.request(call, self._patience))

    async def _run(self, steps: Flow[T]) -> T:
        with contextlib.closing(steps):
            try:
                step = next(steps)
                while True:
                    try:
                        answer = await self._perform(step)
                    except httpx.TransportError as exc:
                        step = steps.throw(exc)
                    else:
                        step = steps.send(answer)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]

    async def _perform(self, step: Send | Pause) -> httpx.Response | None:
        if isinstance(step, Pause):
            await asyncio.sleep(step.seconds)
            return None
        return await self._http.send(build_request(self._http, step))
