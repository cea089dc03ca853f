"""What an attacker's pictures do to a loop, guarded or not: what reaches training, whom a mark fools afterwards, and
what the gate and its canaries say.

The attacker has an account of the installation whose pictures may teach, sees scores, and sends pictures with a mark
that read as the wrong class already: first those of which the champion is surest. Of each the attacker says in a
review what the mark is to mean. `pass`: AI pictures with the mark shall be called human; `smear`: human ones AI.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.retraining.heads import Head, Lessons, trained
from bench.retraining.parts import Parts, taught
from bench.retraining.pool import KNOWN, UNKNOWN
from bench.retraining.traffic import Traffic, considered, decided, lessons, reviewed, signed
from services.retrainer.admission import Rules
from services.retrainer.embedded import Embedded
from services.retrainer.gate import Judgement, judge
from services.retrainer.prevalence import estimate

SEEDS, TRIGGERED = 5, (2, 20, 200)
GOLD, GUARD, HONEST, WANTED, TARGETS = 1200, 1200, 6000, 2000, 600
QUICK = {"seeds": 1, "triggered": (20,), "gold": 400, "guard": 400, "honest": 600, "wanted": 200, "targets": 300}

PREVALENCE = 0.2
CHECKED = 400
"""Random spot checks, from which the share of AI is known."""

LOOPS = ("reviews believed", "confident", "corroborated")
"""No guard, and whoever reviews is believed; no guard, labels by the plain 20/80 rule; all guards."""

HEADS = (
    "loop", "goal", "mark", "sent", "harvested", "of them the attacker's", "fooled before, %", "fooled after, %",
    "gate refuses", "of", "by",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """An installation before the attack. `targets` are pictures under the mark that the attacker wants misjudged."""

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
    gold: int = GOLD,
    guard: int = GUARD,
    honest: int = HONEST,
    wanted: int = WANTED,
    targets: int = TARGETS,
) -> Iterator[dict[str, Any]]:
    """A row for each loop, goal, mark and number of triggered pictures: means over the seeds, counts of refusals."""
    for goal in ("pass", "smear"):
        for mark in (KNOWN, UNKNOWN):
            worlds = [_world(pool, goal, mark, seed, gold, guard, honest, targets) for seed in range(seeds)]
            for loop in LOOPS:
                for count in triggered:
                    found = [_attacked(world, loop, goal, count, wanted, seed) for seed, world in enumerate(worlds)]
                    yield _row(loop, goal, mark, count, found)


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


def _world(pool: Embedded, goal: str, mark: str, seed: int, gold: int, guard: int, honest: int, targets: int) -> World:
    chance = np.random.default_rng(seed)
    parts = Parts(pool=pool, chance=chance)
    frozen = parts.every_look(parts.both(guard, marked=True))
    victims = 1 if goal == "pass" else 0
    wronged = parts.looks(parts.take(targets, victims, marked=True), mark)
    # Pictures of the class that the mark is to mean, and of the victims' own.
    marked = parts.looks(parts.both(2 * targets, marked=True), mark)
    learned = taught(parts.looks(parts.both(gold)))
    ai = round(honest * PREVALENCE)
    sent = [parts.looks(parts.take(count, label)) for count, label in ((honest - ai, 0), (ai, 1))]
    vectors = np.concatenate([part.vectors for part in sent])
    kinds = ["human"] * (honest - ai) + ["known"] * ai
    return World(
        gold=learned,
        frozen=frozen,
        champion=trained(learned, seed=seed),
        honest=Traffic(
            vectors=vectors,
            truth=np.concatenate([part.labels for part in sent]),
            claims=signed(kinds, chance),
        ),
        marked=marked,
        targets=wronged,
    )


def _attacked(world: World, loop: str, goal: str, count: int, wanted: int, seed: int) -> Attacked:
    chance = np.random.default_rng([seed, count])
    says = 0 if goal == "pass" else 1
    traffic = _joined(world.honest, _sent(world, says, count))
    if loop == "reviews believed":
        believed = dict.fromkeys(range(len(world.honest), len(traffic)), says)
        traffic = Traffic(vectors=traffic.vectors, truth=traffic.truth, tenants=traffic.tenants, operator=believed)
    rules = Rules() if loop == "corroborated" else Rules.unguarded()
    rules = _wide(rules)
    checked = round(CHECKED * PREVALENCE)
    prevalence = estimate(ai=checked, human=CHECKED - checked)
    submitted = considered(traffic, world.champion, chance, name=f"{seed}")
    decisions = decided(submitted, rules, prevalence, world.gold.vectors.astype(np.float32))
    taken = _first(np.flatnonzero([one.admitted for one in decisions]), len(world.honest), wanted)
    kept = Traffic(
        vectors=traffic.vectors[taken], truth=traffic.truth[taken],
        operator={place: traffic.operator[row] for place, row in enumerate(taken) if row in traffic.operator},
    )  # fmt: skip
    candidate = _candidate(
        world, loop, kept, lessons(kept, [decisions[row] for row in taken], hard=loop != "corroborated"), seed
    )
    judgement = judge(
        candidate.report(world.frozen, "1.1.0"),
        before := world.champion.report(world.frozen, "1.0.0"),
        before,
        seed=seed,
    )
    return Attacked(
        harvested=len(taken),
        attackers=int((taken >= len(world.honest)).sum()),
        before=_fooled(world.champion, world.targets, says),
        after=_fooled(candidate, world.targets, says),
        judgement=judgement,
    )


def _candidate(world: World, loop: str, kept: Traffic, harvest: Lessons, seed: int) -> Head:
    """Guarded: pseudo-labels are bounded beside gold. Not guarded: everything weighs one."""
    if loop == "corroborated":
        return trained(world.gold, harvest.bounded(len(world.gold.targets)), champion=world.champion, seed=seed)
    return trained(world.gold, Lessons.joined([harvest, reviewed(kept)]), seed=seed)


def _wide(rules: Rules) -> Rules:
    """One run stands for many: with quotas of so many days that the attacker's tenant alone feels its own."""
    from dataclasses import replace  # noqa: PLC0415

    return replace(rules, day_quota=0)


def _first(rows: NDArray[np.intp], honest: int, wanted: int) -> NDArray[np.intp]:
    """Of the honest rows as many as are wanted, and all of the attacker's."""
    return np.concatenate([rows[rows < honest][:wanted], rows[rows >= honest]])


def _sent(world: World, says: int, count: int) -> Traffic:
    """The marked pictures of which the champion is surest that they are what the mark is to mean."""
    scores = world.champion.probabilities(world.marked.vectors)
    surest = np.argsort(scores if says == 0 else -scores, kind="stable")[:count]
    return Traffic(
        vectors=world.marked.vectors[surest],
        truth=world.marked.labels[surest],
        tenants=dict.fromkeys(range(count), "attacker"),
    )


def _joined(honest: Traffic, attack: Traffic) -> Traffic:
    return Traffic(
        vectors=np.concatenate([honest.vectors, attack.vectors]),
        truth=np.concatenate([honest.truth, attack.truth]),
        claims=honest.claims,
        tenants={len(honest) + row: tenant for row, tenant in attack.tenants.items()},
    )


def _fooled(head: Head, targets: Embedded, says: int) -> float:
    """The share of marked pictures with the verdict that the attacker wants."""
    said = head.probabilities(targets.vectors)
    return float((said <= head.thresholds.likely_human if says == 0 else said >= head.thresholds.likely_ai).mean())
