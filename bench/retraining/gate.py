"""Does the gate refuse a worse candidate and promote a better one? Twenty seeds each, through `judge` itself.

The champion learned from half of the gold; the better candidate from all of it. The worse ones learned from all of it
with three labels in ten flipped: once in training alone, and once in what calibrates them as well.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from bench.retraining.heads import Lessons, trained
from bench.retraining.parts import Parts, taught
from services.retrainer.gate import Judgement, judge
from services.retrainer.versions.embedded import Embedded

SEEDS, GOLD, GUARD = 20, 1200, 1600
FLIPPED = 0.30
QUICK = {"seeds": 3, "gold": 800, "guard": 800}

HEADS = ("candidate", "promoted", "of", "refused by", "partial AUROC gained", "accused more")
"""Of the last two, the least, the median and the greatest difference to the champion."""

RULES = ("partial_auroc_champion", "false_accusations_champion")


def measure(pool: Embedded, *, seeds: int = SEEDS, gold: int = GOLD, guard: int = GUARD) -> Iterator[dict[str, Any]]:
    """A row for each kind of candidate."""
    worlds = [_world(pool, seed, gold, guard) for seed in range(seeds)]
    for name in worlds[0]:
        judgements = [world[name] for world in worlds]
        refused = Counter(rule for judged in judgements for rule in {ruling.name for ruling in judged.failed})
        rulings = [{ruling.name: ruling for ruling in judged.rulings} for judged in judgements]
        yield {
            "candidate": name,
            "promoted": sum(judged.passed for judged in judgements),
            "of": seeds,
            "refused by": dict(sorted(refused.items())),
            **{
                head: _spread([own[rule].value for own in rulings]) for head, rule in zip(HEADS[4:], RULES, strict=True)
            },
        }


def _world(pool: Embedded, seed: int, gold: int, guard: int) -> dict[str, Judgement]:
    parts = Parts(pool=pool, chance=np.random.default_rng(seed))
    frozen = parts.every_look(parts.both(guard, marked=True))
    all_gold = taught(parts.looks(parts.both(gold)))
    half = parts.chance.random(gold) < 0.5
    champion = trained(all_gold.rows(half), seed=seed)
    flips = parts.chance.random(gold) < FLIPPED
    wrong = Lessons.of(all_gold.vectors, np.where(flips, 1 - all_gold.targets, all_gold.targets))
    candidates = {
        "better: on all gold": trained(all_gold, champion=champion, bounded=True, seed=seed),
        "better, with the champion's thresholds": trained(all_gold, champion=champion, seed=seed),
        "as good: on the other half": trained(all_gold.rows(~half), champion=champion, bounded=True, seed=seed),
        "worse: 30 % flipped, calibrated on truth": trained(
            wrong, truth=all_gold, champion=champion, bounded=True, seed=seed
        ),
        "worse: 30 % flipped throughout": trained(wrong, champion=champion, bounded=True, seed=seed),
    }
    before = champion.report(frozen, "1.0.0")
    return {
        name: judge(candidate.report(frozen, "1.1.0"), before, before, seed=seed)
        for name, candidate in candidates.items()
    }


def _spread(values: Sequence[float | None]) -> list[float]:
    known = [value for value in values if value is not None]
    return [round(float(value), 4) for value in np.quantile(known, (0, 0.5, 1))]
