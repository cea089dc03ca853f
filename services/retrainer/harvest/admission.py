"""Which confident results may teach: pure decisions over what is known of each, every refusal with its numbers.

A score is a probability at even odds. Where one picture in twenty is AI-generated, most of what scores 0.8 was made
by people, so a score counts by its posterior at the prevalence that spot checks found. Agreement across re-encodings
cannot replace a second signal: a detector's errors are systematic.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from services.retrainer.harvest import nearness
from services.retrainer.harvest.familiarity import Familiarity
from services.retrainer.harvest.nearness import Hashes
from services.retrainer.harvest.signals import contradiction, supporting_odds
from shared.domain.provenance import Claim, Strength
from shared.domain.retraining import Refusal, Rule
from shared.domain.verdict import Thresholds, Verdict

CONFIDENT = Thresholds(likely_human=0.20, likely_ai=0.80)
"""The ends of the score that are considered at all, whatever thresholds a tenant has."""

FEWEST_REENCODINGS = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Considered:
    """What is known of a done, consented job. What a look at the picture tells may be missing until it was looked at.

    `score` is at even odds, in [0, 1]. `claims` are what the file says of itself. `operator` is the label of an
    operator's reviewer: 1 AI, 0 human, 0.5 unsure. `second_score` is another model family's. `reencoded` are the
    champion's scores of the picture as submitted and re-encoded; `pdq` has 32 bytes; `embedding` is float32 [D].
    """

    id: str
    tenant: str
    day: str
    score: float
    verdict: Verdict
    age_days: float
    claims: frozenset[tuple[Claim, Strength]] = frozenset()
    operator: float | None = None
    second_score: float | None = None
    reencoded: tuple[float, ...] = ()
    pdq: bytes | None = None
    embedding: NDArray[np.float32] | None = None

    @property
    def is_ai(self) -> bool:
        """What it would be called."""
        return self.score >= 0.5 if self.operator is None else self.operator > 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """`posterior` that a label needs; `spread` of the re-encodings' scores that is borne; quotas are of one run,
    0 for none; `outliers`: the quantile of gold's distances beyond which a picture is set aside, 1 for none.
    """

    rule: Rule = Rule.CORROBORATED
    posterior: float = 0.95
    spread: float = 0.15
    pdq_distance: int = 31
    tenant_quota: int = 1000
    day_quota: int = 500
    cluster_quota: int = 1
    quarantine_days: float = 7
    outliers: float = 0.99
    stable: bool = True
    """Whether the re-encodings must agree."""
    novel: bool = True
    """Whether near-duplicates of gold and earlier harvests are refused; those of the guard set always are."""

    @classmethod
    def unguarded(cls) -> Self:
        """The plain 20/80 rule with every guard off but the distance to the guard set: what proofs compare with."""
        return cls(
            rule=Rule.CONFIDENT,
            tenant_quota=0,
            day_quota=0,
            cluster_quota=0,
            quarantine_days=0,
            outliers=1,
            stable=False,
            novel=False,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """`low` and `high` bound the share of AI among what is submitted. Hashes are uint64 [N, 4]; `familiarity` None:
    gold is too small to say what is unlike it.
    """

    low: float
    high: float
    gold: Hashes = field(default_factory=nearness.NONE.copy)
    guard: Hashes = field(default_factory=nearness.NONE.copy)
    harvest: Hashes = field(default_factory=nearness.NONE.copy)
    familiarity: Familiarity | None = None

    def __post_init__(self) -> None:
        if not 0 < self.low <= self.high < 1:
            raise ValueError(f"a prevalence lies between 0 and 1, got {self.low} to {self.high}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """`label` is the probability of AI that is taught, None where it is refused, and `weight` how much it counts."""

    id: str
    refusal: Refusal | None = None
    label: float | None = None
    weight: float = 0.0
    detail: Mapping[str, Any] = field(default_factory=dict)

    @property
    def admitted(self) -> bool:
        return self.refusal is None


def decide(considered: Sequence[Considered], rules: Rules, context: Context) -> list[Decision]:
    """A decision for each, in the order given; which are admitted does not depend on that order.

    The first rule that refuses gives the reason. Where quotas leave a choice, operators' labels go first, tenants
    take turns, and within a tenant a hash of the id decides: nobody gains by being early or by sending more.
    """
    decisions = {one.id: before_looking(one, rules, context) for one in considered}
    if len(decisions) != len(considered):
        raise ValueError("each considered sample needs an id of its own")
    for judge in (_unreadable, _unstable, _near, _outlying):
        left = [one for one in considered if decisions[one.id].admitted]
        for one, found in zip(left, judge(left, rules, context), strict=True):
            decisions[one.id] = _refused(decisions[one.id], found)
    left = [one for one in considered if decisions[one.id].admitted]
    for one, refusal, detail in _over_quota(left, rules):
        decisions[one.id] = _refused(decisions[one.id], (refusal, detail))
    return [decisions[one.id] for one in considered]


def before_looking(one: Considered, rules: Rules, context: Context) -> Decision:
    """What is decided without the picture: most refusals cost no decoding."""
    detail: dict[str, Any] = {"score": round(one.score, 4)}
    if one.age_days < rules.quarantine_days:
        detail |= {"age_days": round(one.age_days, 2), "needed_days": rules.quarantine_days}
        return Decision(id=one.id, refusal=Refusal.QUARANTINE, detail=detail)
    if one.operator is not None:
        detail["operator"] = one.operator
        if one.operator == 0.5:  # who looked could not say: then nothing else may
            return Decision(id=one.id, refusal=Refusal.CONTRADICTED, detail=detail | {"by": "operator"})
        return Decision(id=one.id, label=one.operator, weight=1.0, detail=detail)
    if one.verdict is Verdict.UNCERTAIN or CONFIDENT.likely_human < one.score < CONFIDENT.likely_ai:
        return Decision(id=one.id, refusal=Refusal.NOT_CONFIDENT, detail=detail | {"verdict": one.verdict.value})
    if rules.rule is Rule.CONFIDENT:
        return _labelled(one, one.score, detail)
    return _corroborated(one, rules, context, detail)


def posterior(score: float, prevalence: float, odds: float = 1.0) -> float:
    """The probability of AI where a share `prevalence` is AI, for a score at even odds and a second signal's odds.

    Bayes' rule in odds: score / (1 - score) × prevalence / (1 - prevalence) × odds; score in [0, 1].
    """
    bounded = min(max(score, 1e-6), 1 - 1e-6)
    product = bounded / (1 - bounded) * prevalence / (1 - prevalence) * odds
    return product / (1 + product)


def _corroborated(one: Considered, rules: Rules, context: Context, detail: dict[str, Any]) -> Decision:
    if against := contradiction(one.claims, one.second_score, is_ai=one.is_ai):
        return Decision(id=one.id, refusal=Refusal.CONTRADICTED, detail=detail | against)
    odds, signals = supporting_odds(one.claims, one.second_score, is_ai=one.is_ai)
    detail["signals"] = signals
    if one.is_ai and not signals:
        return Decision(id=one.id, refusal=Refusal.NO_SECOND_SIGNAL, detail=detail)
    # Whichever end of the interval speaks against the label.
    prevalence = context.low if one.is_ai else context.high
    label = posterior(one.score, prevalence, odds)
    sure = label if one.is_ai else 1 - label
    detail |= {"prevalence": round(prevalence, 4), "posterior": round(sure, 4), "needed": rules.posterior}
    if sure < rules.posterior:
        return Decision(id=one.id, refusal=Refusal.LOW_POSTERIOR, detail=detail)
    return _labelled(one, label, detail)


def _labelled(one: Considered, label: float, detail: Mapping[str, Any]) -> Decision:
    """The surer the label, the more it counts; at even odds it would teach nothing."""
    return Decision(id=one.id, label=round(label, 6), weight=round(abs(2 * label - 1), 6), detail=detail)


Found = tuple[Refusal, Mapping[str, Any]] | None


def _refused(decision: Decision, found: Found) -> Decision:
    if found is None:
        return decision
    refusal, detail = found
    return replace(decision, refusal=refusal, label=None, weight=0.0, detail={**decision.detail, **detail})


def _unreadable(left: Sequence[Considered], _: Rules, __: Context) -> list[Found]:
    """Nothing is admitted of which nobody can tell whether it is a picture of the guard set."""
    return [(Refusal.UNREADABLE, {"missing": "pdq"}) if one.pdq is None else None for one in left]


def _unstable(left: Sequence[Considered], rules: Rules, _: Context) -> list[Found]:
    """Scores that flip or wander are the model's own doubt; what a person labelled needs none of its agreement."""
    return [_wanders(one, rules) if rules.stable and one.operator is None else None for one in left]


def _wanders(one: Considered, rules: Rules) -> Found:
    scores = (one.score, *one.reencoded)
    flips = sum(not (s >= CONFIDENT.likely_ai if one.is_ai else s <= CONFIDENT.likely_human) for s in one.reencoded)
    spread = max(scores) - min(scores)
    if len(one.reencoded) >= FEWEST_REENCODINGS and flips == 0 and spread <= rules.spread:
        return None
    numbers = {"reencodings": len(one.reencoded), "flips": flips, "spread": round(spread, 4), "allowed": rules.spread}
    return Refusal.UNSTABLE, numbers


def _near(left: Sequence[Considered], rules: Rules, context: Context) -> list[Found]:
    found: list[Found] = [None] * len(left)
    hashes = nearness.packed(one.pdq for one in left if one.pdq is not None)
    known = [(Refusal.NEAR_GUARD, context.guard)]
    if rules.novel:
        known = [(Refusal.NEAR_HARVEST, context.harvest), (Refusal.NEAR_GOLD, context.gold), *known]
    for refusal, others in known:  # the gravest last, which stands
        for position, distance in enumerate(nearness.nearest(hashes, others)):
            if distance <= rules.pdq_distance:
                found[position] = refusal, {"distance": int(distance), "least": rules.pdq_distance + 1}
    return found


def _outlying(left: Sequence[Considered], rules: Rules, context: Context) -> list[Found]:
    """Unlike all gold, the network's score is a guess; a person's label is not."""
    found: list[Found] = [None] * len(left)
    chosen = [place for place, one in enumerate(left) if one.operator is None and one.embedding is not None]
    if rules.outliers >= 1 or context.familiarity is None or not chosen:
        return found
    vectors = np.stack([vector for place in chosen if (vector := left[place].embedding) is not None])
    for place, distance in zip(chosen, context.familiarity.distances(vectors), strict=True):
        if not distance <= context.familiarity.limit:
            numbers = {"distance": round(float(distance), 3), "allowed": round(context.familiarity.limit, 3)}
            found[place] = Refusal.OUTLIER, numbers
    return found


def _over_quota(left: Sequence[Considered], rules: Rules) -> list[tuple[Considered, Refusal, Mapping[str, Any]]]:
    """What a cluster, a tenant or a day has too much of, in this order of reasons."""
    ordered = _by_turns(left)
    near = nearness.clusters(nearness.packed(one.pdq for one in ordered if one.pdq is not None), rules.pdq_distance)
    taken: Counter[tuple[Refusal, str]] = Counter()
    over: list[tuple[Considered, Refusal, Mapping[str, Any]]] = []
    for one, cluster in zip(ordered, near, strict=True):
        places = [
            (Refusal.CLUSTER_QUOTA, str(cluster), rules.cluster_quota),
            (Refusal.TENANT_QUOTA, one.tenant, rules.tenant_quota),
            (Refusal.DAY_QUOTA, one.day, rules.day_quota),
        ]
        full = [(reason, quota) for reason, name, quota in places if quota and taken[reason, name] >= quota]
        if full:
            over.append((one, full[0][0], {"quota": full[0][1]}))
        else:
            taken.update((reason, name) for reason, name, _ in places)
    return over


def _by_turns(left: Sequence[Considered]) -> list[Considered]:
    drawn = sorted(left, key=lambda one: (one.operator is None, hashlib.sha256(one.id.encode()).digest()))
    turns: Counter[str] = Counter()
    keyed: list[tuple[bool, int, int, Considered]] = []
    for place, one in enumerate(drawn):
        keyed.append((one.operator is None, turns[one.tenant], place, one))
        turns[one.tenant] += 1
    return [one for *_, one in sorted(keyed, key=lambda entry: entry[:3])]
