"""A picture on its way from pixels to a result: under which model it is scored, and what the result says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.decoding.decoder import Prepared
from shared.domain.domains import CAP, DomainView
from shared.domain.job import Claim, map_path, similar_path
from shared.domain.provenance import settle
from shared.domain.stability import Stability
from shared.domain.verdict import BLANK, Basis, Reason, Thresholds, choose_thresholds, decide
from shared.scoring.picture import Picture, Score
from shared.scoring.session import Model


@dataclass(frozen=True, kw_only=True, slots=True)
class Decoded:
    """A claimed job whose image is ready for its model."""

    claim: Claim
    model: Model
    prepared: Prepared
    timings_ms: Mapping[str, float]
    data: bytes = field(repr=False)
    """The file, for a challenger that wants other tiles of it."""
    champion: "Decoded | None" = None
    """The same job as the champion has it, where the challenger is to answer."""
    trouble: str | None = None
    """Why the champion answers though the challenger was to."""


def picture(item: Decoded) -> Picture:
    prepared = item.prepared
    return Picture(pixels=prepared.pixels, width=prepared.width, height=prepared.height, lane=item.claim.lane)


def told(score: Score) -> float:
    """The probability of AI as a result tells it."""
    return round(score.probability, 4)


def domain_of(item: Decoded, score: Score, thresholds: Thresholds) -> DomainView | None:
    """What its model takes the picture for, and its record there; None where the model brings neither."""
    if item.model.domains is None or score.embedding is None:
        return None
    return item.model.domains.view(score.embedding, item.claim.lane, thresholds.likely_ai)


def result_document(item: Decoded, score: Score, stable: Stability | None = None) -> Mapping[str, Any]:
    """The `result` of DESIGN section 4: what the score is, what it rests on, and why it may be held back."""
    card, prepared = item.model.card, item.prepared
    thresholds = choose_thresholds(item.claim.policy, card.thresholds)
    ai = told(score)
    domain, cap = domain_of(item, score, thresholds), item.claim.policy.get("domain_cap", CAP)
    # Where nothing is on a picture, what it was taken for is no reason.
    judged = [BLANK] if prepared.blank else domain.reasons(ai, thresholds, cap) if domain else []
    reasons: Sequence[Reason] = [*card.range.reasons(prepared.width, prepared.height), *judged]
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
            "domain": {**domain.document(), "cap": cap} if domain else None,
            "similar": similar_path(item.claim.id),
            "stability": stable.document() if stable else {},
        },
    }
