"""From claimed jobs to results: load, decode, score, and finish in one transaction."""

import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

import structlog

from services.worker import ended, seen
from services.worker.challenge import Challenge
from services.worker.embedded import codes_of
from services.worker.models import ModelShelf
from services.worker.scored import Decoded, picture, result_document
from services.worker.stability import measure_stability, wants_stability
from services.worker.steps import elapsed, observed
from shared.config import FINISH_SECONDS, LOAD_SECONDS, Settings
from shared.decoding.decoder import Decoder
from shared.domain.job import FAILURE_CAP, Claim, Job, Lane, Outcome, Stage, State, error_document
from shared.errors import DecoderDied, JobError, ObjectDamaged, Outage, Unscorable
from shared.patience import patiently
from shared.queue.enqueue import Doorbell
from shared.scoring.evidence import quantise
from shared.scoring.picture import Score
from shared.storage import images, leases, webhooks
from shared.storage.db import Database
from shared.storage.objects import ObjectStore

OUTAGE_WAIT = timedelta(seconds=5)
"""How long a job rests after an outage of ours."""

log = structlog.get_logger("worker")


@dataclass(frozen=True, kw_only=True, slots=True)
class Retry:
    """A failure of the job's own: counted, and tried again after `wait`."""

    claim: Claim
    wait: timedelta


class Verifier:
    """Scores whatever waits. One for each scoring process; not for sharing between threads."""

    def __init__(
        self,
        *,
        database: Database,
        store: ObjectStore,
        doorbell: Doorbell,
        decoder: Decoder,
        shelf: ModelShelf,
        settings: Settings,
        name: str,
    ) -> None:
        self._database = database
        self._store = store
        self._doorbell = doorbell
        self._decoder = decoder
        self._shelf = shelf
        self._settings = settings
        self._name = name
        self._challenge = Challenge(database=database, decoder=decoder, shelf=shelf, plan=settings.rollout)
        self._loaders = ThreadPoolExecutor(max_workers=4, thread_name_prefix="load")

    def close(self) -> None:
        self._loaders.shutdown(cancel_futures=True)
        self._decoder.close()

    def warm_up(self) -> None:
        """Load champion and challenger and start the decoder, so that the first job does not wait for them."""
        try:
            self._shelf.get()
            self._decoder.start()
            self._challenge.warm_up()
        except Outage as exc:
            log.warning("warm_up_failed", part=exc.part, error=exc.detail)

    def drain(self, named: Sequence[UUID]) -> int:
        """Take the named jobs and whatever else is due, batch after batch, for up to `drain_seconds`.

        Returns how many jobs it took. Small claims keep interactive jobs from waiting behind bulk ones.
        """
        deadline = time.monotonic() + self._settings.drain_seconds
        taken = 0
        while claims := self._claim(named):
            named = ()
            taken += len(claims)
            self._verify(claims, deadline)
            if time.monotonic() >= deadline:
                self._ring_again(claims[0].lane)
                break
        return taken

    def _claim(self, named: Sequence[UUID]) -> list[Claim]:
        with self._database.transaction() as connection:
            return leases.claim(
                connection,
                Stage.SCORE,
                named=named,
                limit=self._settings.batch_size,
                worker=self._name,
                lease=timedelta(seconds=self._settings.lease_seconds),
            )

    def _ring_again(self, lane: Lane) -> None:
        try:
            self._doorbell.ring(Stage.SCORE, lane)
        except Outage as exc:
            log.warning("ring_failed", error=exc.detail)

    def _verify(self, claims: Sequence[Claim], deadline: float) -> None:
        """Bring each claim to an outcome, a counted retry, or back to the queue."""
        loads = {claim.id: self._loaders.submit(self._load, claim) for claim in claims}
        decoded: list[Decoded] = []
        judged: list[Outcome | Retry] = []
        released: list[Claim] = []
        unbegun: list[Claim] = []
        for claim in claims:
            if time.monotonic() >= deadline:
                loads[claim.id].cancel()
                unbegun.append(claim)
                continue
            try:
                decoded.append(self._decode(claim, loads[claim.id]))
            except Outage as exc:
                log.warning("job_released", job_id=str(claim.id), part=exc.part, error=exc.detail)
                released.append(claim)
            except JobError as exc:
                judged.append(
                    judge(claim, exc.reason, exc.detail, counted=isinstance(exc, DecoderDied | ObjectDamaged))
                )
            except Exception as exc:  # one job's surprise must not take its neighbours along
                log.exception("job_failed", job_id=str(claim.id))
                judged.append(judge(claim, "internal", type(exc).__name__, counted=True))
        scored, stopped = self._score(decoded, deadline)
        judged += [one for _, one in scored]
        released += [item.claim for item in stopped]
        self._finish(judged, decoded)
        self._release(released, wait=OUTAGE_WAIT)
        self._release(unbegun, wait=timedelta())
        # Last: whatever the challenger takes or breaks, these jobs are done.
        done = [(item, one) for item, one in scored if isinstance(one, Outcome) and one.state is State.DONE]
        self._challenge.compare(done, deadline)

    def _load(self, claim: Claim) -> tuple[bytes, float]:
        started = time.perf_counter()
        assert claim.sha256 is not None
        try:
            data = self._store.get_image(claim.tenant_id, claim.sha256)
        except ObjectDamaged:
            if not is_last_try(claim):
                raise
            data = images.read_again(self._database, self._store, tenant_id=claim.tenant_id, sha256=claim.sha256)
        return data, elapsed("load", started)

    def _decode(self, claim: Claim, load: "Future[tuple[bytes, float]]") -> Decoded:
        model = self._shelf.get(claim.policy.get("model"))
        try:
            data, load_ms = load.result(LOAD_SECONDS)
        except TimeoutError as exc:
            raise Outage("objects", f"an image takes longer than {LOAD_SECONDS:g} s") from exc
        started = time.perf_counter()
        prepared = self._decoder.decode(data, model.card.input, claim.lane)
        seconds = time.perf_counter() - started - prepared.provenance_seconds
        timings = {
            "load": load_ms,
            "decode": observed("decode", seconds),
            "provenance": observed("provenance", prepared.provenance_seconds),
        }
        item = Decoded(claim=claim, model=model, prepared=prepared, timings_ms=timings, data=data)
        return self._challenge.draw(item)

    def _score(
        self, decoded: Sequence[Decoded], deadline: float
    ) -> tuple[list[tuple[Decoded, Outcome | Retry]], list[Decoded]]:
        """Together, for each model among them; a canary's alone. Beside them those that an outage stopped."""
        together: dict[tuple[str, UUID | None], list[Decoded]] = defaultdict(list)
        for item in decoded:
            together[item.model.card.version, item.claim.id if item.champion else None].append(item)
        scored: list[tuple[Decoded, Outcome | Retry]] = []
        stopped: list[Decoded] = []
        for items in together.values():
            try:
                scored += self._score_safely(items, deadline)
            except Outage as exc:
                log.exception("scoring_failed", part=exc.part, error=exc.detail)
                stopped += items
        return scored, stopped

    def _score_safely(self, items: Sequence[Decoded], deadline: float) -> Sequence[tuple[Decoded, Outcome | Retry]]:
        """Items of one model: by the champion where the challenger fails, one by one where a surprise meets several.

        So only those that meet it by themselves are judged for it, and not their neighbours. Raises Outage.
        """
        try:
            return self._score_together(items, deadline)
        except Exception as exc:
            if (champions := self._challenge.fall_back(items[0], exc)) is not None:
                return self._score_safely([champions], deadline)
            if isinstance(exc, Outage):
                raise
            log.exception("scoring_failed", jobs=[str(item.claim.id) for item in items])
            if len(items) > 1:
                return [pair for item in items for pair in self._score_safely([item], deadline)]
            [item] = items
            detail = exc.detail if isinstance(exc, Unscorable) else type(exc).__name__
            return [(item, judge(item.claim, "internal", detail, counted=True))]

    def _score_together(self, items: Sequence[Decoded], deadline: float) -> list[tuple[Decoded, Outcome]]:
        """Items of one model, each with its outcome."""
        started = time.perf_counter()
        scores = items[0].model.score_pictures([picture(item) for item in items])
        milliseconds = elapsed("score", started) / len(items)
        return [
            (item, self._outcome(item, score, milliseconds, deadline))
            for item, score in zip(items, scores, strict=True)
        ]

    def _outcome(self, item: Decoded, score: Score, milliseconds: float, deadline: float) -> Outcome:
        timings = {**item.timings_ms, "score": milliseconds}
        stable = None
        if wants_stability(item, score):
            stable, timings["stability"] = measure_stability(self._decoder, item, score, deadline)
        return Outcome(
            job_id=item.claim.id,
            fence=item.claim.fence,
            state=State.DONE,
            result=result_document(item, score, stable),
            evidence=None if score.evidence is None else quantise(score.evidence, score.calibration),
            timings_ms=timings,
            embeddings=codes_of(self._decoder, item, score),
        )

    def _finish(self, judged: Sequence[Outcome | Retry], decoded: Sequence[Decoded]) -> None:
        """Results, states and webhooks in one transaction; what a stale claim brings is dropped."""
        if not judged:
            return
        started = time.perf_counter()
        finished = patiently(lambda: self._write(judged, decoded), FINISH_SECONDS)
        elapsed("finish", started)
        ended.note(finished)

    def _write(self, judged: Sequence[Outcome | Retry], decoded: Sequence[Decoded]) -> list[Job]:
        sides = [
            images.Sides(
                tenant_id=item.claim.tenant_id,
                sha256=item.claim.sha256,
                width=item.prepared.width,
                height=item.prepared.height,
            )
            for item in decoded
            if item.claim.sha256 is not None
        ]
        with self._database.transaction() as connection:
            # Jobs before objects, as erasure takes them, or the two wait for one another.
            finished = leases.finish(connection, [one for one in judged if isinstance(one, Outcome)])
            images.describe(connection, sides)
            finished = [_with_sides(job, decoded) for job in finished]
            shown, given = seen.split(finished, [item.claim for item in decoded])
            looks = seen.looks(decoded, judged)
            seen.remember(connection, shown, looks)
            webhooks.announce(connection, shown)
            seen.take_in(connection, given, looks)
            for retry in judged:
                if isinstance(retry, Retry):
                    leases.retry(connection, retry.claim, wait=retry.wait)
        return finished

    def _release(self, claims: Sequence[Claim], *, wait: timedelta) -> None:
        def write() -> None:
            with self._database.transaction() as connection:
                leases.release(connection, claims, wait=wait)

        if claims:
            patiently(write, FINISH_SECONDS)


def is_last_try(claim: Claim) -> bool:
    """Whether one more failure of its own is past the cap."""
    return claim.failures + 1 >= FAILURE_CAP


def judge(claim: Claim, reason: str, detail: str, *, counted: bool) -> Outcome | Retry:
    """A refused image has failed; what is counted is tried again, later each time, and dead past the cap."""
    if counted and not is_last_try(claim):
        return Retry(claim=claim, wait=timedelta(seconds=2**claim.failures))
    return Outcome(
        job_id=claim.id,
        fence=claim.fence,
        state=State.DEAD if counted else State.FAILED,
        error=error_document(reason, detail),
    )


def _with_sides(job: Job, decoded: Sequence[Decoded]) -> Job:
    """The job with the sides that were just found."""
    for item in decoded:
        if item.claim.id == job.id:
            return replace(job, image_width=item.prepared.width, image_height=item.prepared.height)
    return job
