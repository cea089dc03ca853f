"""What else speaks for or against a label than the champion's score, and how much."""

from collections.abc import Set as AbstractSet
from typing import Any

from shared.domain.provenance import Claim, Strength

SIGNATURE_ODDS = 1000.0
"""How much likelier a trusted signature that says so stands in what it describes: whoever holds such a key would have
to sign a lie, or lose the key. A stated assumption, not a measurement."""

SECOND_MODEL_POWER = 0.5
"""A second family's odds count by their square root: detectors that learned from like data err alike."""

Claims = AbstractSet[tuple[Claim, Strength]]

_SAYS_AI = frozenset({Claim.AI})
_AGAINST_HUMAN = frozenset({Claim.AI, Claim.EDITED_WITH_AI})
_AGAINST_AI = frozenset({Claim.CAMERA, Claim.EDITED_WITH_AI})


def contradiction(claims: Claims, second_score: float | None, *, is_ai: bool) -> dict[str, Any] | None:
    """What speaks against the label, None where nothing does.

    A claim that anyone could have written refuses too, unless a trusted signature settles it: it can only keep a
    sample out, and then only its own.
    """
    against = _AGAINST_AI if is_ai else _AGAINST_HUMAN
    trusted = {claim for claim, strength in claims if strength is Strength.SIGNED_TRUSTED}
    said = trusted or {claim for claim, _ in claims}
    if found := sorted(claim.value for claim in said & against):
        return {"by": "provenance", "claims": found, "trusted": bool(trusted)}
    if second_score is not None and (second_score >= 0.5) != is_ai:
        return {"by": "second_model", "second_score": round(second_score, 4)}
    return None


def supporting_odds(claims: Claims, second_score: float | None, *, is_ai: bool) -> tuple[float, list[str]]:
    """The odds of AI that second signals add to the score's, and their names; those that only say "AI" or agree."""
    odds, names = 1.0, []
    trusted = {claim for claim, strength in claims if strength is Strength.SIGNED_TRUSTED}
    if is_ai and trusted & _SAYS_AI:
        odds *= SIGNATURE_ODDS
        names.append("signature")
    if not is_ai and Claim.CAMERA in trusted:
        odds /= SIGNATURE_ODDS
        names.append("signature")
    if second_score is not None:
        bounded = min(max(second_score, 1e-6), 1 - 1e-6)
        odds *= (bounded / (1 - bounded)) ** SECOND_MODEL_POWER
        names.append("second_model")
    return odds, names
