"""What is submitted to an installation, as the harvest considers it, and what a loop learns from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from bench.retraining.heads import Head, Lessons
from services.retrainer.harvest.admission import Considered, Context, Decision, Rules, decide
from services.retrainer.harvest.familiarity import Familiarity
from services.retrainer.harvest.prevalence import Prevalence
from shared.domain import verdict
from shared.domain.provenance import Claim, Strength

TENANTS, DAYS, AGE_DAYS = 20, 30, 30.0
REENCODINGS = 4
WOBBLE = 0.1
"""Of each number's deviation: what re-encoding a picture moves in an embedding."""

SIGNED = {"known": 0.10, "weak": 0.02, "human": 0.03}
"""Shares of pictures with a trusted signature: of AI generators that say so, of cameras. Assumed."""

Vectors = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, slots=True)
class Traffic:
    """N submissions: `vectors` float32 [N, D]; `truth` uint8 [N], 1 for AI; `claims` by row; `operator` by row, what an
    operator's reviewer found; `tenants` by row, one of TENANTS unless named.
    """

    vectors: Vectors
    truth: NDArray[np.uint8]
    claims: Mapping[int, Claim] = field(default_factory=dict)
    operator: Mapping[int, int] = field(default_factory=dict)
    tenants: Mapping[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.truth)

    def rows(self, chosen: NDArray[np.intp]) -> Self:
        """Those alone, in that order."""

        def of(column: Mapping[int, Any]) -> dict[int, Any]:
            return {place: column[row] for place, row in enumerate(chosen.tolist()) if row in column}

        return type(self)(
            vectors=self.vectors[chosen],
            truth=self.truth[chosen],
            claims=of(self.claims),
            operator=of(self.operator),
            tenants=of(self.tenants),
        )


def signed(kinds: Sequence[str], chance: np.random.Generator) -> dict[int, Claim]:
    """Which of the rows, each "known", "weak" or "human", carry a signature, and what it says."""
    drawn = chance.random(len(kinds))
    says = {"human": Claim.CAMERA}
    return {row: says.get(kind, Claim.AI) for row, kind in enumerate(kinds) if drawn[row] < SIGNED[kind]}


def considered(traffic: Traffic, head: Head, chance: np.random.Generator, *, name: str) -> list[Considered]:
    """As the harvest finds them, by this champion: every picture a scene of its own, AGE_DAYS old."""
    scores = head.probabilities(traffic.vectors)
    wobble = WOBBLE * traffic.vectors.std(0)
    again = np.stack(
        [
            head.probabilities(traffic.vectors + chance.normal(0, 1, traffic.vectors.shape) * wobble)
            for _ in range(REENCODINGS)
        ]
    )
    tenants = chance.integers(0, TENANTS, len(traffic))
    days = chance.integers(0, DAYS, len(traffic))
    return [
        Considered(
            id=f"{name}-{row}",
            tenant=traffic.tenants.get(row, f"tenant-{tenants[row]}"),
            day=f"day-{days[row]}",
            score=float(scores[row]),
            verdict=verdict.decide(float(scores[row]), head.thresholds),
            age_days=AGE_DAYS,
            claims=_claimed(traffic.claims.get(row)),
            operator=traffic.operator.get(row),
            reencoded=tuple(again[:, row].tolist()),
            pdq=chance.bytes(32),
            embedding=traffic.vectors[row],
        )
        for row in range(len(traffic))
    ]


def decided(submitted: Sequence[Considered], rules: Rules, prevalence: Prevalence, gold: Vectors) -> list[Decision]:
    """What the harvest decides of each, beside this gold."""
    familiarity = Familiarity.of(gold, quantile=rules.outliers)
    return decide(submitted, rules, Context(low=prevalence.low, high=prevalence.high, familiarity=familiarity))


def _claimed(claim: Claim | None) -> frozenset[tuple[Claim, Strength]]:
    return frozenset() if claim is None else frozenset({(claim, Strength.SIGNED_TRUSTED)})


def lessons(traffic: Traffic, decisions: Sequence[Decision], *, hard: bool) -> Lessons:
    """Of what was admitted by its score: soft labels by their weights, or `hard` ones that all weigh one."""
    rows = [row for row, one in enumerate(decisions) if one.admitted and row not in traffic.operator]
    labels = np.array([decisions[row].label for row in rows], np.float64)
    weights = np.array([decisions[row].weight for row in rows], np.float64)
    if hard:
        labels, weights = (labels >= 0.5).astype(np.float64), np.ones(len(rows))
    return Lessons(vectors=traffic.vectors[rows], targets=labels, weights=weights)


def reviewed(traffic: Traffic) -> Lessons:
    """What an operator's reviewers found, which is gold."""
    rows = sorted(traffic.operator)
    return Lessons.of(traffic.vectors[rows], np.array([traffic.operator[row] for row in rows], np.uint8))


def audits(
    scores: NDArray[np.float64], share: float, chance: np.random.Generator
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows that a reviewer is shown: half of the budget at random, half where versions and re-encodings disagree
    soonest, which is next to 0.5.
    """
    each = round(len(scores) * share / 2)
    rows = chance.permutation(len(scores))
    drawn, left = rows[:each], rows[each:]
    doubtful = left[np.argsort(np.abs(scores[left] - 0.5), kind="stable")[:each]]
    return drawn, doubtful
