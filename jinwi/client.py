"""The client of Jinwi's HTTP interface; `jinwi.async_client` is its twin for async programs.

    from jinwi import Client

    with Client() as client:                       # JINWI_URL and JINWI_API_KEY say where and who
        job = client.verify("photograph.jpg")
        print(job.result.ai_probability, job.result.verdict)

Both retry what can be retried and raise the errors of `jinwi.errors`; both are drivers of `jinwi.transport.flow`,
where all that they do is written.
"""

import contextlib
import threading
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import CancelledError
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeVar, Unpack

import httpx

from jinwi.calls import admin
from jinwi.calls import index as index_calls
from jinwi.calls import jobs as job_calls
from jinwi.calls import models as model_calls
from jinwi.calls.admin import AuditFilters
from jinwi.calls.call import Call, Document, id_of
from jinwi.calls.index import PICTURES_PAGE
from jinwi.calls.jobs import Filters, Options
from jinwi.calls.lists import items
from jinwi.calls.upload import Progress, ignore
from jinwi.clients.gold import Gold
from jinwi.clients.people import Appeals, Links
from jinwi.clients.retraining import Retraining
from jinwi.clients.spot_checks import SpotChecks
from jinwi.clients.webhooks import Webhooks
from jinwi.errors import ApiError, Timeout
from jinwi.results.jobs import Job
from jinwi.results.models import Model
from jinwi.results.twins import Similar
from jinwi.transport import flow
from jinwi.transport.batch import BatchItem, bulk
from jinwi.transport.flow import PATIENCE, VERIFY_SECONDS, Flow, Pause, Send, Source
from jinwi.transport.window import as_each_ends
from jinwi.transport.wire import build_request, http_options

T = TypeVar("T")

_NOBODY = threading.Event()
"""Never set: nobody gives up what one caller waits for."""


class Client:
    """`url` and `key` default to JINWI_URL and JINWI_API_KEY. Safe to share between threads.

    `timeout` is for how many seconds one call is tried again while the server is away or busy.
    """

    def __init__(self, url: str | None = None, key: str | None = None, *, timeout: float = PATIENCE) -> None:
        self._http = httpx.Client(**http_options(url, key))
        self._patience = timeout
        self.gold = Gold(self._send)
        self.webhooks = Webhooks(self._send)
        self.spot_checks = SpotChecks(self._send)
        self.retraining = Retraining(self._run, timeout)
        self.links = Links(self._send)
        self.appeals = Appeals(self._send)

    def verify(self, source: Source, *, timeout: float | None = VERIFY_SECONDS, **options: Unpack[Options]) -> Job:
        """Submit and wait until the job is final. `timeout` in seconds, None for ever; raises Timeout."""
        return self._run(flow.verify(source, options, timeout, self._patience))

    def submit(self, source: Source, **options: Unpack[Options]) -> Job:
        """Submit and return at once; `wait` waits."""
        return self._run(flow.submit(source, options, self._patience))

    def wait(self, job: Job | str, *, timeout: float | None = VERIFY_SECONDS) -> Job:
        """Wait until the job is final. `timeout` in seconds, None for ever; raises Timeout."""
        return self._run(flow.wait(id_of(job), timeout, self._patience))

    def batch(
        self,
        sources: Iterable[Source],
        *,
        concurrency: int = 8,
        timeout: float | None = None,
        **options: Unpack[Options],
    ) -> Iterator[BatchItem]:
        """Verify many, in the bulk lane unless said otherwise; yields each as it ends, in no order.

        `timeout` in seconds is for each image, from when the server has taken it; told to slow down, the batch does. A
        server that stays away, or asks for a longer pause than the client's own `timeout`, ends it with Unavailable.
        What is under way when it ends, or is closed, is given up.
        """
        given_up = threading.Event()

        def work(source: Source) -> BatchItem:
            steps = flow.verify_one_of_many(source, bulk(options), timeout, self._patience)
            try:
                return BatchItem(source=source, job=self._run(steps, given_up))
            except (ApiError, Timeout, OSError) as exc:
                return BatchItem(source=source, error=exc)

        try:
            yield from as_each_ends(sources, work, concurrency)
        finally:
            given_up.set()

    def job(self, job_id: str) -> Job:
        return self._send(job_calls.get_job(job_id))

    def jobs(self, *, limit: int | None = None, **filters: Unpack[Filters]) -> Iterator[Job]:
        """The jobs that the filters let through, the newest first, at most `limit`; fetched as they are needed."""
        return items(self._send, partial(job_calls.list_jobs, job_calls.known(filters)), limit)

    def erase(self, job: Job | str) -> Job:
        """Erase the image and all that is known of it; a tombstone stays."""
        return self._send(job_calls.erase_job(id_of(job)))

    def map_png(self, job: Job | str) -> bytes:
        """Which parts of the image speak for AI generation: a PNG with transparency, to be laid over the image.

        Raises Refused (404) where there is none: `job.result.map` says.
        """
        return self._send(job_calls.get_map(id_of(job)))

    def review(
        self, job: Job | str, label: str, reason: str, reviewer: str, *, checklist: Mapping[str, str] | None = None
    ) -> Document:
        """Add what a person says of the image: `label` is human, ai or unsure.

        `checklist` says what was seen (ok, odd, unclear) of lighting, shadows, background, texture, text and hands.
        """
        return self._send(job_calls.review_job(id_of(job), label, reason, reviewer, checklist))

    def training(self, job: Job | str) -> Document:
        """Whether a job is `lent` for training now, and the runs that it was `used_by`."""
        return self._send(job_calls.get_training(id_of(job)))

    def similar(self, job: Job | str) -> Similar:
        """Other jobs that show the same picture, in this or another form.

        Raises Refused (404) while the job has no result.
        """
        return self._send(job_calls.get_similar(id_of(job)))

    def reference_indexes(self) -> list[Document]:
        """Each with `name`, `pictures` and `changed_at`. `submit` with `reference_index` fills them."""
        return self._send(index_calls.list_reference_indexes())

    def reference_pictures(self, name: str) -> Iterator[Document]:
        """What an index holds, each with `sha256`, `name` and `current`; raises Refused where there is none."""
        return items(self._send, partial(index_calls.list_reference_pictures, name), None, page=PICTURES_PAGE)

    def remove_reference_index(self, name: str) -> Document:
        """Forget an index with all its hashes."""
        return self._send(index_calls.remove_reference_index(name))

    def models(self) -> list[Model]:
        return self._send(model_calls.list_models())

    def model(self, version: str = "champion") -> Model:
        """One model version, by its number or by an alias."""
        return self._send(model_calls.get_model(version))

    def upload_model(self, directory: Path | str, *, progress: Progress = ignore) -> Model:
        """Register the model version in `directory`; `progress` is told how many bytes more were sent.

        The very same version again is no error. It scores nothing before it is promoted or pinned.
        """
        return self._run(flow.upload_model(directory, progress, self._patience))

    def changelog(self, *, limit: int = 50) -> list[Document]:
        """What became of each version and of each refused candidate, the newest first, at most `limit` (1 to 200)."""
        return self._send(model_calls.changelog(limit))

    def promote_model(self, version: str, *, why: str | None = None, force: bool = False) -> Model:
        """Make a version champion, and the champion `previous`; one that was stopped only by `force`, with a `why`."""
        return self._send(model_calls.promote_model(version, why, force=force))

    def rollout(self, version: str = "challenger") -> Document:
        """What a version showed beside the champion on live traffic, and every move of it."""
        return self._send(model_calls.get_rollout(version))

    def begin_rollout(self, version: str, *, why: str | None = None) -> Document:
        """Try a version on live traffic: shadow, then canary, then champion."""
        return self._send(model_calls.begin_rollout(version, why))

    def stop_rollout(self, version: str = "challenger") -> Document:
        """Take a version out of shadow or canary."""
        return self._send(model_calls.stop_rollout(version))

    def freeze_models(self, *, why: str | None = None) -> Document:
        """Let no version come into service by itself; stops, and what people do, go on."""
        return self._send(model_calls.set_frozen(why, frozen=True))

    def unfreeze_models(self, *, why: str | None = None) -> Document:
        return self._send(model_calls.set_frozen(why, frozen=False))

    def policy(self) -> Document:
        """How the key's tenant is served, with its version."""
        return self._send(admin.get_policy())

    def change_policy(self, changes: Mapping[str, Any]) -> Document:
        """Change these members, None: back to its default; the policy that holds then."""
        return self._send(admin.change_policy(changes))

    def pin_model(self, version: str | None) -> Document:
        """Let one version score all jobs of the key's tenant, None: the champion; the policy that holds then."""
        return self._send(admin.change_policy({"model": version}))

    def roll_back_model(self) -> Model:
        """Make `previous` champion again."""
        return self._send(model_calls.roll_back_model())

    def remove_model(self, version: str, *, why: str | None = None) -> Model:
        """Delete the files of a version that nothing needs; what stays of it. Raises Refused with who needs it."""
        return self._send(model_calls.remove_model(version, why))

    def lanes(self) -> list[Document]:
        return self._send(admin.list_lanes())

    def pause(self, lane: str) -> Document:
        """Let no job of the lane begin until it is resumed; submissions are still accepted."""
        return self._send(admin.set_lane(lane, paused=True))

    def resume(self, lane: str) -> Document:
        return self._send(admin.set_lane(lane, paused=False))

    def keys(self) -> list[Document]:
        return self._send(admin.list_keys())

    def create_key(self, name: str, scopes: Iterable[str]) -> Document:
        """A new key; its `key` is in this answer and never shown again."""
        return self._send(admin.create_key(name, list(scopes)))

    def revoke_key(self, key_id: str) -> Document:
        return self._send(admin.revoke_key(key_id))

    def audit(self, *, limit: int | None = None, **filters: Unpack[AuditFilters]) -> Iterator[Document]:
        """What administrators did, the newest first, at most `limit`; fetched as it is needed."""
        return items(self._send, partial(admin.list_acts, filters), limit)

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _send(self, call: Call[T]) -> T:
        return self._run(flow.request(call, self._patience))

    def _run(self, steps: Flow[T], given_up: threading.Event = _NOBODY) -> T:
        """Carry the steps out; raises CancelledError between two of them once they are `given_up`."""
        with contextlib.closing(steps):
            try:
                step = next(steps)
                while True:
                    try:
                        answer = self._perform(step, given_up)
                    except httpx.TransportError as exc:
                        step = steps.throw(exc)
                    else:
                        step = steps.send(answer)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]

    def _perform(self, step: Send | Pause, given_up: threading.Event) -> httpx.Response | None:
        if isinstance(step, Pause):
            given_up.wait(step.seconds)
            return None
        if given_up.is_set():
            raise CancelledError
        return self._http.send(build_request(self._http, step))
