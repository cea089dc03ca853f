"""What the gate says of a candidate: one ruling for each rule, with its numbers, and what follows from them all."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

GUARD_USES = 20
"""After so many candidates judged on one guard set, its rotation is asked for: each answer tells a little of it."""


class Weight(StrEnum):
    """What hangs on a ruling: a primary rule or a limit that fails refuses the candidate, a notice never does."""

    PRIMARY = "primary"
    LIMIT = "limit"
    NOTICE = "notice"


@dataclass(frozen=True, kw_only=True, slots=True)
class Ruling:
    """One rule applied.

    `value` was measured; where a rule is judged by a bound of its interval, `low` and `high` are the one-sided 95 %
    bounds, one of them is what meets `limit`, and `value_limit`, where there is one, binds the value itself.
    `subjects` are whom it is about: a kind, a cell, the broken cases.
    Where `judged` is false the rule could not be applied, `detail` says why, and `passed` how that counts.
    """

    name: str
    passed: bool
    value: float | None
    limit: float | None
    low: float | None = None
    high: float | None = None
    value_limit: float | None = None
    detail: str
    weight: Weight = Weight.LIMIT
    judged: bool = True
    subjects: tuple[str, ...] = ()

    def document(self) -> dict[str, Any]:
        return {**asdict(self), "weight": self.weight.value, "subjects": list(self.subjects)}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        return cls(
            **{**document, "weight": Weight(document["weight"]), "subjects": tuple(document["subjects"])},
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """Of `candidate`, a version, against `champion` and the `shipped` version."""

    candidate: str
    champion: str
    shipped: str
    rulings: Sequence[Ruling]

    @property
    def passed(self) -> bool:
        return not self.failed

    @property
    def failed(self) -> list[Ruling]:
        """The rulings that refuse the candidate."""
        return [ruling for ruling in self.rulings if not ruling.passed and ruling.weight is not Weight.NOTICE]

    def document(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "passed": self.passed,
            "candidate": self.candidate,
            "champion": self.champion,
            "shipped": self.shipped,
            "rulings": [ruling.document() for ruling in self.rulings],
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Of what `document` gave; `passed` follows from the rulings."""
        return cls(
            candidate=document["candidate"],
            champion=document["champion"],
            shipped=document["shipped"],
            rulings=tuple(map(Ruling.from_document, document["rulings"])),
        )
