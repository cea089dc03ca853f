"""Does a loop that learns from its own verdicts confirm its errors? Ten rounds, with a champion that is weak on one
generator, at three shares of AI among what is submitted.

The weak generator's pictures are human ones of the pool, moved along an axis on which the champion does not look: to
the champion they are human pictures, to a head that was shown some they are not.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from numpy.typing import NDArray

from bench.retraining.heads import Head, Lessons, trained
from bench.retraining.parts import Parts, taught
from bench.retraining.traffic import WOBBLE, Traffic, Vectors, audits, considered, decided, lessons, reviewed, signed
from services.retrainer.gate import judge
from services.retrainer.harvest.admission import Rules
from services.retrainer.harvest.prevalence import estimate
from services.retrainer.versions.embedded import Embedded
from shared.domain.retraining import Rule

ROUNDS, SEEDS, PREVALENCES = 10, 10, (0.5, 0.2, 0.05)

LOOPS = {"naive thresholds": 0.0, "our harvest": 0.0, "our harvest, 2 % audits": 0.02}
"""The share of what is submitted that operators' reviewers look at."""

NAIVE = "naive thresholds"
APART = 3.0
"""Deviations of human pictures that the weak generator's lie from them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sizes:
    """Pictures of gold, of the guard set, submitted in a round, and judged of each sort."""

    gold: int = 1200
    guard: int = 1000
    submitted: int = 500
    judged: int = 800
    stock: int = 2000
    """Of each sort, from which submissions are drawn, each a little moved."""


QUICK = {
    "seeds": 1,
    "rounds": 2,
    "prevalences": (0.2,),
    "sizes": Sizes(gold=400, guard=400, submitted=300, judged=200, stock=300),
}

HEADS = (
    "AI share", "loop", "round", "balanced accuracy, %", "weak generator found, %", "accused, %",
    "pseudo-labels", "of them wrong, %", "refused by the gate",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    seed: int
    gold: Lessons
    guard: Embedded
    champion: Head
    judged: dict[str, Vectors]
    stock: dict[str, Vectors]


@dataclass(kw_only=True, slots=True)
class Loop:
    """What has been learned so far; `wrong` and `pseudo` count pseudo-labels."""

    name: str
    chance: np.random.Generator
    champion: Head
    harvest: list[Lessons] = field(default_factory=list)
    operator: list[Lessons] = field(default_factory=list)
    ai: int = 0
    human: int = 0
    pseudo: int = 0
    wrong: int = 0
    refused: int = 0


def measure(
    pool: Embedded,
    *,
    seeds: int = SEEDS,
    rounds: int = ROUNDS,
    prevalences: Sequence[float] = PREVALENCES,
    sizes: Sizes | None = None,
) -> Iterator[dict[str, Any]]:
    """A row for each share of AI, loop and round, round 0 before any: means over the seeds."""
    sizes = sizes or Sizes()
    worlds = [_world(pool, seed, sizes) for seed in range(seeds)]
    for prevalence, name in product(prevalences, LOOPS):
        runs = [list(_run(world, name, prevalence, rounds, sizes.submitted)) for world in worlds]
        for number, column in enumerate(zip(*runs, strict=True)):
            means = [round(float(value), 2) for value in np.mean(np.array(column, float), 0)]
            yield dict(zip(HEADS, (f"{prevalence:.0%}", name, number, *means), strict=True))


def draw(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """Both accuracies by round, a column for each share of AI."""
    shares = list(dict.fromkeys(row["AI share"] for row in rows))
    figure = Figure(figsize=(3.6 * len(shares), 5.4), layout="constrained")
    panels = figure.subplots(2, len(shares), sharex=True, sharey="row", squeeze=False)
    for (line, head), (column, share) in product(enumerate(HEADS[3:5]), enumerate(shares)):
        panel = panels[line, column]
        for name, style in zip(LOOPS, ("C3--", "C7-", "C0-"), strict=True):
            own = [row for row in rows if (row["AI share"], row["loop"]) == (share, name)]
            panel.plot([row["round"] for row in own], [row[head] for row in own], style, label=name)
        panel.set_title(f"{share} AI" if line == 0 else "")
        panel.set_xlabel("round" if line else "")
        panel.set_ylabel(head if column == 0 else "")
    panels[0, 0].legend(fontsize="small")
    with rc_context({"svg.hashsalt": path.stem}):  # the same rows, the same file
        figure.savefig(path, metadata={"Date": None})


def _world(pool: Embedded, seed: int, sizes: Sizes) -> World:
    parts = Parts(pool=pool, chance=np.random.default_rng(seed))
    guard = parts.looks(parts.both(sizes.guard))
    gold = taught(parts.looks(parts.both(sizes.gold)))
    champion = trained(gold, seed=seed)
    move = _blind_spot(gold, champion, parts.chance)

    def sort(count: int) -> dict[str, Vectors]:
        human, hidden, known = (parts.looks(parts.take(count, label)).vectors for label in (0, 0, 1))
        return {"human": human, "weak": hidden + move, "known": known}

    return World(
        seed=seed, gold=gold, guard=guard, champion=champion, judged=sort(sizes.judged), stock=sort(sizes.stock)
    )


def _blind_spot(gold: Lessons, champion: Head, chance: np.random.Generator) -> Vectors:
    """A step of APART deviations of human pictures that leaves the champion's logit as it is, float32 [D]."""
    covariance = np.cov(gold.vectors[gold.targets == 0].astype(float), rowvar=False)
    values, axes = np.linalg.eigh(covariance)
    root = axes * np.sqrt(np.maximum(values, 0)) @ axes.T
    looked = root @ champion.weight
    way = chance.normal(0, 1, len(looked))
    way -= looked * (way @ looked) / (looked @ looked)
    step: Vectors = (APART * root @ (way / np.linalg.norm(way))).astype(np.float32)
    return step


def _run(world: World, name: str, prevalence: float, rounds: int, submitted: int) -> Iterator[tuple[float, ...]]:
    chance = np.random.default_rng([world.seed, round(1000 * prevalence)])
    loop = Loop(name=name, chance=chance, champion=world.champion)
    yield _figures(world, loop)
    for number in range(rounds):
        _learn(world, loop, _submitted(world, prevalence, submitted, chance), f"{number}")
        yield _figures(world, loop)


def _submitted(world: World, prevalence: float, count: int, chance: np.random.Generator) -> Traffic:
    """A share of AI, half of it by the weak generator."""
    ai = round(count * prevalence)
    counts = {"human": count - ai, "known": ai - ai // 2, "weak": ai // 2}
    kinds = [kind for kind, own in counts.items() for _ in range(own)]
    drawn = [world.stock[kind][chance.integers(0, len(world.stock[kind]), own)] for kind, own in counts.items()]
    vectors = np.concatenate(drawn)
    moved = vectors + chance.normal(0, 1, vectors.shape) * WOBBLE * vectors.std(0)
    truth = np.array([kind != "human" for kind in kinds], np.uint8)
    return Traffic(vectors=moved.astype(np.float32), truth=truth, claims=signed(kinds, chance))


def _learn(world: World, loop: Loop, traffic: Traffic, number: str) -> None:
    naive = loop.name == NAIVE
    traffic = _audited(loop, traffic)
    rules = Rules.unguarded() if naive else Rules(rule=Rule.CORROBORATED)
    decisions = decided(
        considered(traffic, loop.champion, loop.chance, name=number),
        rules,
        estimate(ai=loop.ai, human=loop.human),
        world.gold.vectors.astype(np.float32),
    )
    own = np.flatnonzero([one.admitted and row not in traffic.operator for row, one in enumerate(decisions)])
    loop.harvest.append(lessons(traffic, decisions, hard=naive))
    loop.operator.append(reviewed(traffic))
    loop.pseudo += len(own)
    loop.wrong += int(((loop.harvest[-1].targets >= 0.5) != (traffic.truth[own] == 1)).sum())
    harvest = Lessons.joined(loop.harvest)
    if naive:
        loop.champion = trained(world.gold, harvest, seed=world.seed)
        return
    gold = Lessons.joined([world.gold, *loop.operator])
    candidate = trained(gold, harvest.bounded(gold.weights.sum()), champion=loop.champion, seed=world.seed)
    ours, theirs, first = (
        head.report(world.guard, version)
        for head, version in ((candidate, "1.2.0"), (loop.champion, "1.1.0"), (world.champion, "1.0.0"))
    )
    if judge(ours, theirs, first, seed=world.seed).passed:
        loop.champion = candidate
    else:
        loop.refused += 1


def _audited(loop: Loop, traffic: Traffic) -> Traffic:
    """With what reviewers found; the random half of it says how much AI there is."""
    if not (share := LOOPS[loop.name]):
        return traffic
    drawn, doubtful = audits(loop.champion.probabilities(traffic.vectors), share, loop.chance)
    loop.ai += int(traffic.truth[drawn].sum())
    loop.human += int((traffic.truth[drawn] == 0).sum())
    looked = np.concatenate([drawn, doubtful]).tolist()
    return Traffic(
        vectors=traffic.vectors,
        truth=traffic.truth,
        claims=traffic.claims,
        operator={row: int(traffic.truth[row]) for row in looked},
    )


def _figures(world: World, loop: Loop) -> tuple[float, ...]:
    """In per cent, as HEADS has them from the fourth on."""
    said: dict[str, NDArray[np.float64]] = {
        sort: loop.champion.probabilities(vectors) for sort, vectors in world.judged.items()
    }
    found = {sort: float((own >= 0.5).mean()) for sort, own in said.items()}
    balanced = (1 - found["human"] + (found["known"] + found["weak"]) / 2) / 2
    accused = float((said["human"] >= loop.champion.thresholds.likely_ai).mean())
    wrong = loop.wrong / loop.pseudo if loop.pseudo else 0.0
    return (100 * balanced, 100 * found["weak"], 100 * accused, loop.pseudo, 100 * wrong, loop.refused)
