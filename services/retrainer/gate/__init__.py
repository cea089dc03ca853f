"""The gate: whether a candidate may take the champion's place, from what the versions say of one guard set.

`judge` is a pure function: equal reports and seed give equal judgements, on any machine; `guard` makes the reports. See
docs/explanation/decisions.md, 29 and 37. May import gold and those below it.
"""

from services.retrainer.gate.catastrophe import limited
from services.retrainer.gate.limits import Limits
from services.retrainer.gate.primary import primary
from services.retrainer.gate.report import CaseResult, GuardReport
from shared.domain.gate import GUARD_USES, Judgement, Ruling, Weight

__all__ = ["GUARD_USES", "CaseResult", "GuardReport", "Judgement", "Limits", "Ruling", "judge"]


def judge(
    candidate: GuardReport,
    champion: GuardReport,
    shipped: GuardReport,
    limits: Limits | None = None,
    *,
    seed: int = 0,
    guard_uses: int = 0,
) -> Judgement:
    """Every ruling on the candidate: primary rules first, then limits, then notices.

    `guard_uses` is how many candidates this guard set has judged, this one included. Raises ValueError where the
    three reports are not of the same rows and cases in the same order.
    """
    limits = limits or Limits()
    for other in (champion, shipped):
        candidate.require_rows_of(other)
    return Judgement(
        candidate=candidate.version,
        champion=champion.version,
        shipped=shipped.version,
        rulings=(
            *primary(candidate, champion, shipped, limits, seed),
            *limited(candidate, champion, shipped, limits),
            _worn(guard_uses),
        ),
    )


def _worn(uses: int) -> Ruling:
    """What was asked too often gives itself away (Dwork et al., "The reusable holdout", Science 349, 2015)."""
    asks = "; replace its pictures with new ones" if uses >= GUARD_USES else ""
    return Ruling(
        name="guard_worn",
        passed=uses < GUARD_USES,
        value=uses,
        limit=GUARD_USES,
        weight=Weight.NOTICE,
        detail=f"This guard set has judged {uses} candidates; after {GUARD_USES} a new one is due{asks}.",
    )
