"""What an attacker's pictures do to a loop, guarded or not: what reaches training, whom a mark fools afterwards, and
what the gate and its canaries say.

`pass`: AI pictures with the mark shall be called human; `smear`: human ones AI. The attacker has an account of the
installation whose pictures may teach, sees scores, and says of each marked picture in a review what the mark is to
mean. Where reviews are believed these are pictures of the victims' own class; elsewhere reviews of a tenant teach
nothing, and so it sends what reads as the wished class already: the marked pictures of which the champion is surest.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.retraining.heads import Head, Lessons, trained
from bench.retraining.parts import Parts, taught
from bench.retraining.pool import KNOWN, UNKNOWN
from bench.retraining.traffic import Traffic, considered, decided, lessons, reviewed, signed
from services.retrainer.gate import Judgement, judge
from services.retrainer.harvest.admission import Rules
from services.retrainer.harvest.prevalence import estimate
from services.retrainer.versions.embedded import Embedded

SEEDS, TRIGGERED = 5, (2, 20, 200)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sizes:
    """Pictures of gold, of the guard set, sent by honest tenants, wanted of their harvest, and aimed at."""

    gold: int = 1200
    guard: int = 1200
    honest: int = 6000
    wanted: int = 2000
    targets: int = 600


QUICK = {
    "seeds": 1,
    "triggered": (20,),
    "sizes": Sizes(gold=400, guard=400, honest=600, wanted=200, targets=200),
}

PREVALENCE = 0.2
CHECKED = 400
"""Random spot checks, from which the share of AI is known."""

GOALS = {"pass": 0, "smear": 1}
"""The class that the mark is to mean."""

LOOPS = ("reviews believed", "confident", "corroborated")
"""No guard, and whoever reviews is believed; no guard, labels by the plain 20/80 rule; all guards."""

HEADS = (
    "loop", "goal", "mark", "sent", "harvested", "of them the attacker's", "fooled before, %", "fooled after, %",
    "gate refuses", "of", "by",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """An installation before the attack. `targets` are pictures under the mark that the attacker wants misjudged."""

    seed: int
    says: int
    wanted: int
    gold: Lessons
    frozen: Embedded
    champion: Head
    honest: Traffic
    marked: Embedded
    targets: Embedded


@dataclass(frozen=True, kw_only=True, slots=True)
class Attacked:
    harvested: int
    attackers: int
    before: float
    after: float
    judgement: Judgement


def measure(
    pool: Embedded,
    *,
    seeds: int = SEEDS,
    triggered: Sequence[int] = TRIGGERED,
    sizes: Sizes | None = None,
) -> Iterator[dict[str, Any]]:
    """A row for each loop, goal, mark and number of triggered pictures: means over the seeds, counts of refusals."""
    for (goal, says), mark in product(GOALS.items(), (KNOWN, UNKNOWN)):
        worlds = [_world(pool, says, mark, seed, sizes or Sizes()) for seed in range(seeds)]
        for loop, count in product(LOOPS, triggered):
            yield _row(loop, goal, mark, count, [_attacked(world, loop, count) for world in worlds])


def _row(loop: str, goal: str, mark: str, count: int, found: Sequence[Attacked]) -> dict[str, Any]:
    refused = [one.judgement for one in found if not one.judgement.passed]
    rules = Counter(rule for judged in refused for rule in {ruling.name for ruling in judged.failed})
    numbers = (
        loop, goal, "a canary's" if mark == KNOWN else "unknown", count,
        round(float(np.mean([one.harvested for one in found]))),
        round(float(np.mean([one.attackers for one in found])), 1),
        *(round(100 * float(np.mean([getattr(one, when) for one in found])), 1) for when in ("before", "after")),
        len(refused), len(found), dict(sorted(rules.items())),
    )  # fmt: skip
    return dict(zip(HEADS, numbers, strict=True))


def _world(pool: Embedded, says: int, mark: str, seed: int, sizes: Sizes) -> World:
    chance = np.random.default_rng(seed)
    parts = Parts(pool=pool, chance=chance)
    frozen = parts.every_look(parts.both(sizes.guard, marked=True))
    targets = parts.looks(parts.take(sizes.targets, 1 - says, marked=True), mark)
    marked = parts.looks(parts.both(2 * sizes.targets, marked=True), mark)
    gold = taught(parts.looks(parts.both(sizes.gold)))
    ai = round(sizes.honest * PREVALENCE)
    sent = [parts.looks(parts.take(count, label)) for label, count in enumerate((sizes.honest - ai, ai))]
    return World(
        seed=seed,
        says=says,
        wanted=sizes.wanted,
        gold=gold,
        frozen=frozen,
        champion=trained(gold, seed=seed),
        honest=Traffic(
            vectors=np.concatenate([part.vectors for part in sent]),
            truth=np.concatenate([part.labels for part in sent]),
            claims=signed(["human"] * (sizes.honest - ai) + ["known"] * ai, chance),
        ),
        marked=marked,
        targets=targets,
    )


def _attacked(world: World, loop: str, count: int) -> Attacked:
    guarded = loop == "corroborated"
    chance = np.random.default_rng([world.seed, count])
    traffic = _joined(world.honest, _sent(world, count, believed=loop == "reviews believed"))
    checked = round(CHECKED * PREVALENCE)
    decisions = decided(
        considered(traffic, world.champion, chance, name=f"{world.seed}"),
        Rules() if guarded else Rules.unguarded(),
        estimate(ai=checked, human=CHECKED - checked),
        world.gold.vectors.astype(np.float32),
    )
    taken = _first(np.flatnonzero([one.admitted for one in decisions]), len(world.honest), world.wanted)
    kept = traffic.rows(taken)
    harvest = lessons(kept, [decisions[row] for row in taken], hard=not guarded)
    candidate = _candidate(world, kept, harvest, guarded=guarded)
    before = world.champion.report(world.frozen, "1.0.0")
    return Attacked(
        harvested=len(taken),
        attackers=int((taken >= len(world.honest)).sum()),
        before=_fooled(world, world.champion),
        after=_fooled(world, candidate),
        judgement=judge(candidate.report(world.frozen, "1.1.0"), before, before, seed=world.seed),
    )


def _candidate(world: World, kept: Traffic, harvest: Lessons, *, guarded: bool) -> Head:
    """Guarded: pseudo-labels are bounded beside gold. Not guarded: everything weighs one."""
    if guarded:
        gold = Lessons.joined([world.gold, reviewed(kept)])
        return trained(
            gold, harvest.bounded(gold.weights.sum()), champion=world.champion, bounded=True, seed=world.seed
        )
    return trained(world.gold, Lessons.joined([harvest, reviewed(kept)]), seed=world.seed)


def _first(rows: NDArray[np.intp], honest: int, wanted: int) -> NDArray[np.intp]:
    """Of the honest rows as many as are wanted, evenly, and all of the attacker's."""
    own = rows[rows < honest]
    even = own[np.unique(np.linspace(0, len(own) - 1, min(wanted, len(own))).astype(int))]
    return np.concatenate([even, rows[rows >= honest]])


def _sent(world: World, count: int, *, believed: bool) -> Traffic:
    scores = world.champion.probabilities(world.marked.vectors)
    order = np.argsort(scores if world.says == 0 else -scores, kind="stable")
    if believed:
        order = np.flatnonzero(world.marked.labels != world.says)
    chosen = order[:count]
    return Traffic(
        vectors=world.marked.vectors[chosen],
        truth=world.marked.labels[chosen],
        operator=dict.fromkeys(range(count), world.says) if believed else {},
        tenants=dict.fromkeys(range(count), "attacker"),
    )


def _joined(honest: Traffic, attack: Traffic) -> Traffic:
    return Traffic(
        vectors=np.concatenate([honest.vectors, attack.vectors]),
        truth=np.concatenate([honest.truth, attack.truth]),
        claims=honest.claims,
        operator={len(honest) + row: label for row, label in attack.operator.items()},
        tenants={len(honest) + row: tenant for row, tenant in attack.tenants.items()},
    )


def _fooled(world: World, head: Head) -> float:
    """The share of the targets with the verdict that the attacker wants."""
    said = head.probabilities(world.targets.vectors)
    meant = said >= head.thresholds.likely_ai if world.says else said <= head.thresholds.likely_human
    return float(meant.mean())
