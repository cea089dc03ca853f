"""Appeals: what somebody who holds a result's link says against it, and what becomes of that."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from shared.domain.review import SIDES, Label
from shared.errors import IllegalTransition

MAX_FILES = 10
MAX_APPEALS = 5
"""Of one job, however many links lead to it."""

MESSAGE_LENGTH = 5000
NAME_LENGTH = 200


class AppealState(StrEnum):
    """`upheld`: the verdict stands. `overturned`: it does not."""

    OPEN = "open"
    UPHELD = "upheld"
    OVERTURNED = "overturned"


# The database holds the same table (migration 0010, `refuse_illegal_appeal`); a test compares.
TRANSITIONS: Mapping[AppealState, frozenset[AppealState]] = {
    AppealState.OPEN: frozenset({AppealState.UPHELD, AppealState.OVERTURNED}),
    AppealState.UPHELD: frozenset(),
    AppealState.OVERTURNED: frozenset(),
}


class LabelNeeded(ValueError):
    """The outcome alone does not say what the image is."""


def require_transition(before: AppealState, after: AppealState) -> None:
    """Raise `IllegalTransition` unless an appeal may go from `before` to `after`."""
    if after not in TRANSITIONS[before]:
        raise IllegalTransition(f"an appeal cannot go from {before} to {after}")


def decided_label(outcome: AppealState, verdict: str | None, label: Label | None) -> Label:
    """What a decision says the image is: it is a review too.

    `verdict` is what was appealed against. Where it takes a side, the label follows from the outcome, and one that is
    given must agree; where it takes none (`uncertain`, `disputed`), overturning it needs one. Raises LabelNeeded.
    """
    side = SIDES.get(verdict or "")
    other = {Label.HUMAN: Label.AI, Label.AI: Label.HUMAN}
    if side is None:
        follows = Label.UNSURE if outcome is AppealState.UPHELD else label
        if follows not in other and outcome is AppealState.OVERTURNED:
            raise LabelNeeded("say human or ai: the verdict that is overturned took no side")
    else:
        follows = side if outcome is AppealState.UPHELD else other[side]
    if label is not None and label is not follows:
        raise LabelNeeded(f"contradicts the outcome, which says {follows}: leave it out")
    assert follows is not None
    return follows


def document(appeal: Mapping[str, Any], files: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """An appeal as the tenant sees it: API answer and webhook data share it. Of rows of both tables."""
    decided_at = appeal["decided_at"]
    return {
        "id": str(appeal["id"]),
        "job_id": str(appeal["job_id"]),
        "state": appeal["state"],
        "verdict": appeal["verdict"],
        "message": appeal["message"],
        "contact": appeal["contact"],
        "files": [
            {
                "number": file["number"],
                "name": file["name"],
                "bytes": file["bytes"],
                "sha256": file["sha256"].hex(),
                "path": f"/v1/appeals/{appeal['id']}/files/{file['number']}",
            }
            for file in files
        ],
        "reason": appeal["outcome_reason"],
        "reviewer": appeal["reviewer"],
        "created_at": appeal["created_at"].isoformat(),
        "decided_at": decided_at.isoformat() if decided_at else None,
    }
