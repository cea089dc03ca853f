"""How steady a score is: the picture's re-encodings, scored under the same model."""

import time

import structlog

from services.worker.scored import Decoded, told
from services.worker.steps import elapsed
from shared.decoding.decoder import Decoder
from shared.domain.stability import Stability, View
from shared.domain.verdict import Verdict, choose_thresholds, decide
from shared.errors import JobError, Outage
from shared.scoring.picture import Picture, Score

log = structlog.get_logger("worker")


def wants_stability(item: Decoded, score: Score) -> bool:
    """Whether the job or its tenant's policy asks for it; `likely_ai` does where the score alone says so."""
    if item.claim.evidence == "likely_ai":
        thresholds = choose_thresholds(item.claim.policy, item.model.card.thresholds)
        return decide(told(score), thresholds) is Verdict.LIKELY_AI
    return item.claim.evidence == "full"


def measure_stability(decoder: Decoder, item: Decoded, score: Score, deadline: float) -> tuple[Stability | None, float]:
    """Of a scored picture, and the milliseconds it took; None past the `deadline` (of time.monotonic()), or where
    re-encoding fails. It never costs the score.
    """
    started = time.perf_counter()
    stable = None
    if time.monotonic() < deadline:
        try:
            stable = look_again(decoder, item, score)
        except (JobError, Outage) as exc:
            log.warning("stability_unknown", job_id=str(item.claim.id), error=exc.detail)
    return stable, elapsed("stability", started)


def look_again(decoder: Decoder, item: Decoded, score: Score) -> Stability:
    """The picture's re-encodings, scored in one batch; the same ones for the same file. Raises as `reencode` does."""
    card, lane = item.model.card, item.claim.lane
    assert item.claim.sha256 is not None
    seed = int.from_bytes(item.claim.sha256[:8])
    forms = decoder.reencode(item.data, card.input, lane, seed)
    pictures = [Picture(pixels=form.pixels, width=form.width, height=form.height, lane=lane) for form in forms]
    scores = item.model.score_pictures(pictures)
    return Stability(
        ai_probability=told(score),
        thresholds=choose_thresholds(item.claim.policy, card.thresholds),
        views=[View(name=form.name, ai_probability=told(one)) for form, one in zip(forms, scores, strict=True)],
    )
