"""Versions of the model."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from jinwi.results.jobs import Thresholds


@dataclass(frozen=True, kw_only=True, slots=True)
class Rate:
    """A measured share in [0, 1] of `n` cases, with its confidence interval."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    """A model version, the aliases that point to it, and its card: what it says of itself."""

    version: str
    aliases: tuple[str, ...]
    card: Mapping[str, Any]
    document: Mapping[str, Any]

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        return cls(
            version=document["version"],
            aliases=tuple(document["aliases"]),
            card=document["card"],
            document=document,
        )

    @property
    def thresholds(self) -> Thresholds | None:
        """Those at which the card's rates were measured; None where the card does not say."""
        thresholds = self.card.get("thresholds")
        if not thresholds:
            return None
        return Thresholds(likely_human=thresholds["likely_human"], likely_ai=thresholds["likely_ai"])

    @property
    def false_accusation_rate(self) -> Rate | None:
        """The share of human-made images that it called likely AI; None where the card does not say."""
        rate = self.card.get("false_accusation_rate")
        if not rate:
            return None
        return Rate(value=rate["value"], low=rate["low"], high=rate["high"], n=rate["n"])
