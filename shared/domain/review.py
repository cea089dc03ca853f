"""What people say of a result, what several of them come to, and the verdict that then holds for the tenant."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from shared.domain.verdict import Verdict


class Label(StrEnum):
    """What a person says the image is."""

    HUMAN = "human"
    AI = "ai"
    UNSURE = "unsure"


class Item(StrEnum):
    """Where to look: what people who are trained to tell generated pictures go through."""

    LIGHTING = "lighting"
    SHADOWS = "shadows"
    BACKGROUND = "background"
    TEXTURE = "texture"
    TEXT = "text"
    HANDS = "hands"


class Tick(StrEnum):
    """What was seen there. An item that does not occur in the picture is left out."""

    OK = "ok"
    ODD = "odd"
    UNCLEAR = "unclear"


class Said(StrEnum):
    """What all reviews of a job come to. `unsure`: there are some, and nobody who is sure."""

    HUMAN = "human"
    AI = "ai"
    DISPUTED = "disputed"
    UNSURE = "unsure"


class ReviewState(StrEnum):
    """Beside the result: what people made of its verdict. `decided`: it had none, or was `uncertain`."""

    NONE = "none"
    CONFIRMED = "confirmed"
    OVERTURNED = "overturned"
    DISPUTED = "disputed"
    DECIDED = "decided"


SIDES: Mapping[str, Label] = {
    Verdict.LIKELY_HUMAN: Label.HUMAN,
    Verdict.LIKELY_AI: Label.AI,
    Said.HUMAN: Label.HUMAN,
    Said.AI: Label.AI,
}
"""Which side a verdict takes, the model's or people's; one that is not here takes none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Opinion:
    """What the reviews of a job come to (migration 0010, `form_opinion`), and how many reviewers say what.

    The newest label of each reviewer counts, and of those who are sure the majority; with as many on either side it is
    `disputed`, and a further reviewer decides. A decision on an appeal begins the count anew.
    """

    said: Said
    human: int
    ai: int
    unsure: int

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        return cls(said=Said(row["said"]), human=row["human"], ai=row["ai"], unsure=row["unsure"])


def review_state(verdict: str | None, opinion: Opinion | None) -> ReviewState:
    """How the opinion stands to the model's verdict; None: the job has none."""
    if opinion is None or opinion.said is Said.UNSURE:
        return ReviewState.NONE
    if opinion.said is Said.DISPUTED:
        return ReviewState.DISPUTED
    side = SIDES.get(verdict or "")
    if side is None:
        return ReviewState.DECIDED
    return ReviewState.CONFIRMED if side.value == opinion.said.value else ReviewState.OVERTURNED


def verdict_by_person(opinion: Opinion | None) -> str | None:
    """`human` or `ai`; None: nobody said, nobody is sure, or they disagree."""
    return opinion.said.value if opinion and opinion.said in (Said.HUMAN, Said.AI) else None


def holding(verdict: str | None, opinion: Opinion | None) -> str | None:
    """The verdict that holds for the tenant: people's where they have one, else the model's, if there is any."""
    if opinion is None or opinion.said is Said.UNSURE:
        return verdict
    return opinion.said.value


def document(verdict: str | None, opinion: Opinion | None) -> dict[str, Any]:
    """Beside a result: where its verdict stands with people."""
    votes = {"human": opinion.human, "ai": opinion.ai, "unsure": opinion.unsure} if opinion else dict.fromkeys(Label, 0)
    return {
        "state": review_state(verdict, opinion).value,
        "verdict_by_person": verdict_by_person(opinion),
        "votes": {str(label): votes[label] for label in Label},
    }
