"""What people said of a result."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self


class Label(StrEnum):
    """What a person says of an image in a review."""

    HUMAN = "human"
    AI = "ai"
    UNSURE = "unsure"


class ReviewState(StrEnum):
    """What people made of a verdict; `decided`: the model had left it open."""

    NONE = "none"
    CONFIRMED = "confirmed"
    OVERTURNED = "overturned"
    DISPUTED = "disputed"
    DECIDED = "decided"


class Item(StrEnum):
    """Where a reviewer looks."""

    LIGHTING = "lighting"
    SHADOWS = "shadows"
    BACKGROUND = "background"
    TEXTURE = "texture"
    TEXT = "text"
    HANDS = "hands"


class Tick(StrEnum):
    """What a reviewer saw there."""

    OK = "ok"
    ODD = "odd"
    UNCLEAR = "unclear"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reviewed:
    """What people made of a verdict, which stays as it was. `votes` are by label, of one each reviewer."""

    state: ReviewState
    verdict_by_person: str | None
    """`human` or `ai`: where set, it holds for the tenant."""
    votes: Mapping[str, int]

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        return cls(
            state=ReviewState(document["state"]),
            verdict_by_person=document["verdict_by_person"],
            votes=document["votes"],
        )
