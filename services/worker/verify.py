"""From claimed jobs to results: load, decode, score, and finish in one transaction."""

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog

from services.worker import ended, seen
from services.worker.decoder import Decoder, Prepared
from services.worker.models import ModelShelf
from shared.config import FINISH_SECONDS, LOAD_SECONDS, Settings
from shared.domain.job import (
    FAILURE_CAP,
    Claim,
    Job,
    Lane,
    Outcome,
    Stage,
    State,
    error_document,
    map_path,
    similar_path,
)
from shared.domain.provenance import settle
from shared.domain.stability import Stability, View
from shared.domain.verdict import Basis, Verdict, choose_thresholds, decide
from shared.errors import DecoderDied, JobError, ObjectDamaged, Outage
from shared.metrics import STEP_SECONDS, observe
from shared.patience import patiently
from shared.queue.enqueue import Doorbell
from shared.scoring.evidence import quantise
from shared.scoring.picture import Picture, Score
from shared.scoring.session import Model
from shared.storage import images, jobs, webhooks
from shared.storage.db import Database
from shared.storage.objects import ObjectStore

OUTAGE_WAIT = timedelta(seconds=5)
"""How long a job rests after an outage of ours."""

log = structlog.get_logger("worker")


@dataclass(frozen=True, kw_only=True, slots=True)
class Decoded:
    """A claimed job whose image is ready for its model."""

    claim: Claim
    model: Model
    prepared: Prepared
    data: bytes
    timings_ms: dict[str, float]


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
        self._loaders = ThreadPoolExecutor(max_workers=4, thread_name_prefix="load")

    def close(self) -> None:
        self._loaders.shutdown(cancel_futures=True)
        self._decoder.close()

    def warm_up(self) -> None:
        """Load the champion and start the decoder, so that the first job does not wait for them."""
        try:
            self._shelf.get()
            self._decoder.start()
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
            return jobs.claim(
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
        try:
            judged += self._score(decoded, deadline)
        except Outage as exc:
            log.exception("scoring_failed", error=exc.detail)
            released += [item.claim for item in decoded]
        except Exception as exc:  # a model that scores none of them scores none of them the next time either
            log.exception("scoring_failed", jobs=[str(item.claim.id) for item in decoded])
            judged += [judge(item.claim, "internal", type(exc).__name__, counted=True) for item in decoded]
        self._finish(judged, decoded)
        self._release(released, wait=OUTAGE_WAIT)
        self._release(unbegun, wait=timedelta())

    def _load(self, claim: Claim) -> tuple[bytes, float]:
        started = time.perf_counter()
        assert claim.sha256 is not None
        data = self._store.get_image(claim.tenant_id, claim.sha256)
        return data, _elapsed("load", started)

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
            "decode": _observed("decode", seconds),
            "provenance": _observed("provenance", prepared.provenance_seconds),
        }
        return Decoded(claim=claim, model=model, prepared=prepared, data=data, timings_ms=timings)

    def _score(self, decoded: Sequence[Decoded], deadline: float) -> list[Outcome]:
        """Together, for each model among them."""
        by_model: dict[str, list[Decoded]] = defaultdict(list)
        for item in decoded:
            by_model[item.model.card.version].append(item)
        outcomes = []
        for items in by_model.values():
            started = time.perf_counter()
            scores = items[0].model.score_pictures([_picture(item) for item in items])
            milliseconds = _elapsed("score", started) / len(items)
            for item, score in zip(items, scores, strict=True):
                timings = {**item.timings_ms, "score": milliseconds}
                stable = None
                if wants_stability(item, score):
                    stable, timings["stability"] = self._stability(item, score, deadline)
                outcomes.append(
                    Outcome(
                        job_id=item.claim.id,
                        fence=item.claim.fence,
                        state=State.DONE,
                        result=result_document(item, score, stable),
                        evidence=None if score.evidence is None else quantise(score.evidence, score.calibration),
                        timings_ms=timings,
                    )
                )
        return outcomes

    def _stability(self, item: Decoded, score: Score, deadline: float) -> tuple[Stability | None, float]:
        """Of a scored picture; None past the `deadline`, or where re-encoding fails. It never costs the score."""
        started = time.perf_counter()
        stable = None
        if time.monotonic() < deadline:
            try:
                stable = look_again(self._decoder, item, score)
            except (JobError, Outage) as exc:
                log.warning("stability_unknown", job_id=str(item.claim.id), error=exc.detail)
        return stable, _elapsed("stability", started)

    def _finish(self, judged: Sequence[Outcome | Retry], decoded: Sequence[Decoded]) -> None:
        """Results, states and webhooks in one transaction; what a stale claim brings is dropped."""
        if not judged:
            return
        started = time.perf_counter()
        finished = patiently(lambda: self._write(judged, decoded), FINISH_SECONDS)
        _elapsed("finish", started)
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
            finished = jobs.finish(connection, [one for one in judged if isinstance(one, Outcome)])
            images.describe(connection, sides)
            finished = [_with_sides(job, decoded) for job in finished]
            shown, given = seen.split(finished, [item.claim for item in decoded])
            hashes = [(item.claim, item.prepared.fingerprint) for item in decoded]
            seen.remember(connection, shown, hashes)
            webhooks.announce(connection, shown)
            seen.take_in(connection, given, hashes)
            for retry in judged:
                if isinstance(retry, Retry):
                    jobs.retry(connection, retry.claim, wait=retry.wait)
        return finished

    def _release(self, claims: Sequence[Claim], *, wait: timedelta) -> None:
        def write() -> None:
            with self._database.transaction() as connection:
                jobs.release(connection, claims, wait=wait)

        if claims:
            patiently(write, FINISH_SECONDS)


def judge(claim: Claim, reason: str, detail: str, *, counted: bool) -> Outcome | Retry:
    """A refused image has failed; what is counted is tried again, later each time, and dead past the cap."""
    if counted and claim.failures + 1 < FAILURE_CAP:
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


def _picture(item: Decoded) -> Picture:
    prepared = item.prepared
    return Picture(pixels=prepared.pixels, width=prepared.width, height=prepared.height, lane=item.claim.lane)


def wants_stability(item: Decoded, score: Score) -> bool:
    """Whether the job or its tenant's policy asks for it; `likely_ai` does where the score alone says so."""
    if item.claim.evidence == "likely_ai":
        return decide(_ai(score), choose_thresholds(item.claim.policy, item.model.card.thresholds)) is Verdict.LIKELY_AI
    return item.claim.evidence == "full"


def look_again(decoder: Decoder, item: Decoded, score: Score) -> Stability:
    """The picture's re-encodings, scored in one batch; the same ones for the same file. Raises as `reencode` does."""
    card, lane = item.model.card, item.claim.lane
    assert item.claim.sha256 is not None
    seed = int.from_bytes(item.claim.sha256[:8])
    forms = decoder.reencode(item.data, card.input, lane, seed)
    pictures = [Picture(pixels=form.pixels, width=form.width, height=form.height, lane=lane) for form in forms]
    scores = item.model.score_pictures(pictures)
    return Stability(
        ai_probability=_ai(score),
        thresholds=choose_thresholds(item.claim.policy, card.thresholds),
        views=[View(name=form.name, ai_probability=_ai(one)) for form, one in zip(forms, scores, strict=True)],
    )


def _ai(score: Score) -> float:
    """As a result tells it."""
    return round(score.probability, 4)


def result_document(item: Decoded, score: Score, stable: Stability | None = None) -> Mapping[str, Any]:
    """The `result` of DESIGN section 4: what the score is, what it rests on, and why it may be held back."""
    card, prepared = item.model.card, item.prepared
    thresholds = choose_thresholds(item.claim.policy, card.thresholds)
    ai = _ai(score)
    reasons = card.range.reasons(prepared.width, prepared.height)
    verdict, basis = decide(ai, thresholds, reasons), Basis.MODEL
    if item.claim.policy.get("provenance") == "decide" and (settled := settle(prepared.provenance)):
        (verdict, reasons), basis = settled, Basis.PROVENANCE
    drawn = None if score.evidence is None else map_path(item.claim.id)
    return {
        "ai_probability": ai,
        "human_probability": round(1 - ai, 4),
        "verdict": verdict.value,
        "basis": basis.value,
        "thresholds": thresholds.document(),
        "model": {"version": card.version, "sha256": item.model.sha256},
        "reasons": [reason.document() for reason in reasons],
        "policy_version": item.claim.policy_version,
        "evidence": {
            "map": drawn,
            "provenance": [finding.document() for finding in prepared.provenance],
            "provenance_complete": prepared.provenance_complete,
            "similar": similar_path(item.claim.id),
            "stability": stable.document() if stable else {},
        },
    }


def _elapsed(step: str, started: float) -> float:
    """Observe a step that began at `started` (perf_counter); its milliseconds."""
    return _observed(step, time.perf_counter() - started)


def _observed(step: str, seconds: float) -> float:
    """Observe a step of a known length; its milliseconds."""
    observe(STEP_SECONDS, seconds, step)
    return round(seconds * 1000, 2)
