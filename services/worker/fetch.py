"""The bytes behind a link: fetched through the guard, stored, and on to scoring."""

import contextlib
import hashlib
import io
import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID

import structlog

from services.worker import ended
from services.worker.guarded_http import GuardedClient
from shared.config import FINISH_SECONDS, Settings
from shared.domain.job import FAILURE_CAP, FETCH_TRIES, Claim, Outcome, Stage, State, error_document
from shared.errors import ImageRefused, JobError, LinkRefused, LinkUnreachable, Outage
from shared.imaging.header import Header, check_header, read_header
from shared.metrics import STEP_SECONDS, observe
from shared.patience import patiently
from shared.queue.enqueue import Doorbell
from shared.storage import images, leases, webhooks
from shared.storage.db import Database
from shared.storage.objects import ObjectStore

OUTAGE_WAIT = timedelta(seconds=5)

log = structlog.get_logger("fetcher")


class Fetcher:
    """Fetches whatever waits, one link at a time; a worker runs several of these calls in threads."""

    def __init__(
        self,
        *,
        database: Database,
        store: ObjectStore,
        doorbell: Doorbell,
        client: GuardedClient,
        settings: Settings,
        name: str,
    ) -> None:
        self._database = database
        self._store = store
        self._doorbell = doorbell
        self._client = client
        self._settings = settings
        self._name = name
        self._suspects = threading.Lock()
        """Links in whose company a fetcher died are fetched one at a time, so that the next death tells which."""

    def drain(self, named: Sequence[UUID]) -> int:
        """Take the named jobs and whatever else is due, one by one, for up to `drain_seconds`; how many."""
        deadline = time.monotonic() + self._settings.drain_seconds
        taken = 0
        while time.monotonic() < deadline and self._take(named):
            named = ()
            taken += 1
        return taken

    def _take(self, named: Sequence[UUID]) -> bool:
        """Claim one link and bring it on; False: none is due, or only suspects, and it is not this thread's turn.

        The turn comes before the claim, for a lease that runs while its holder waits would count as a crash.
        """
        with contextlib.ExitStack() as turn:
            if has_turn := self._suspects.acquire(blocking=False):
                turn.callback(self._suspects.release)
            claim = self._claim(named, suspects=has_turn)
            if claim is None:
                return False
            if not claim.suspect:
                turn.close()
            self._fetch(claim)
        return True

    def _claim(self, named: Sequence[UUID], *, suspects: bool) -> Claim | None:
        with self._database.transaction() as connection:
            claims = leases.claim(
                connection,
                Stage.FETCH,
                named=named,
                suspects=suspects,
                limit=1,
                worker=self._name,
                lease=timedelta(seconds=self._settings.lease_seconds),
            )
        return claims[0] if claims else None

    def _fetch(self, claim: Claim) -> None:
        """Bring the claim to scoring, to another try, to an end, or back to the queue."""
        bound = log.bind(job_id=str(claim.id))
        started = time.perf_counter()
        try:
            body, header = self._download(claim)
            seconds = time.perf_counter() - started
            observe(STEP_SECONDS, seconds, "fetch")
            self._store_and_queue(claim, body, header, milliseconds=round(seconds * 1000, 2))
        except Outage as exc:
            bound.warning("job_released", part=exc.part, error=exc.detail)
            self._release(claim)
        except LinkUnreachable as exc:
            bound.info("link_unreachable", attempt=claim.failures + 1, error=exc.detail)
            self._try_again(claim, exc.reason, exc.detail, tries=FETCH_TRIES, state=State.FAILED)
        except JobError as exc:
            bound.info("link_refused", reason=exc.reason)
            self._end(claim, exc.reason, exc.detail, state=State.FAILED)
        except Exception as exc:  # noqa: BLE001 - a surprise belongs to this job, not to the fetcher
            bound.exception("fetch_failed")
            self._try_again(claim, "internal", type(exc).__name__, tries=FAILURE_CAP, state=State.DEAD)

    def _download(self, claim: Claim) -> tuple[bytes, Header]:
        assert claim.url is not None
        fetched = self._client.fetch(
            claim.url,
            max_bytes=self._settings.max_body_bytes,
            seconds=self._settings.fetch_seconds,
            redirects=self._settings.fetch_redirects,
        )
        try:
            header = read_header(io.BytesIO(fetched.body))
        except ImageRefused as exc:
            raise LinkRefused("not_an_image", exc.detail) from exc
        check_header(header, max_pixels=self._settings.max_pixels, max_side=self._settings.max_side)
        return fetched.body, header

    def _store_and_queue(self, claim: Claim, body: bytes, header: Header, *, milliseconds: float) -> None:
        sha256 = hashlib.sha256(body).digest()
        self._store.put_image(claim.tenant_id, sha256, io.BytesIO(body), len(body))
        with self._database.transaction() as connection:
            images.lock_stored(
                connection,
                self._store,
                io.BytesIO(body),
                tenant_id=claim.tenant_id,
                sha256=sha256,
                size=len(body),
                image_format=header.format,
                width=header.width,
                height=header.height,
            )
            fetched = leases.finish_fetch(connection, claim, sha256=sha256, timings_ms={"fetch": milliseconds})
        if fetched:
            log.info("job_fetched", job_id=str(claim.id), bytes=len(body))
            try:
                self._doorbell.ring(Stage.SCORE, claim.lane, [claim.id])
            except Outage as exc:
                log.warning("ring_failed", error=exc.detail)

    def _try_again(self, claim: Claim, reason: str, detail: str, *, tries: int, state: State) -> None:
        if claim.failures + 1 >= tries:
            self._end(claim, reason, detail, state=state)
            return

        def write() -> None:
            with self._database.transaction() as connection:
                leases.retry(connection, claim, wait=timedelta(seconds=1 + claim.failures))

        self._settle(claim, write)

    def _end(self, claim: Claim, reason: str, detail: str, *, state: State) -> None:
        outcome = Outcome(job_id=claim.id, fence=claim.fence, state=state, error=error_document(reason, detail))

        def write() -> None:
            with self._database.transaction() as connection:
                finished = leases.finish(connection, [outcome])
                webhooks.announce(connection, finished)
            ended.note(finished)

        self._settle(claim, write)

    def _release(self, claim: Claim) -> None:
        def write() -> None:
            with self._database.transaction() as connection:
                leases.release(connection, [claim], wait=OUTAGE_WAIT)

        self._settle(claim, write)

    def _settle(self, claim: Claim, write: Callable[[], None]) -> None:
        """Let go of the claim; where the database stays away, its lease does that later."""
        try:
            patiently(write, FINISH_SECONDS)
        except Outage as exc:
            log.warning("claim_unsettled", job_id=str(claim.id), error=exc.detail)
