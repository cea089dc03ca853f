"""The ways to make a candidate of the champion: the head alone, the whole network, or both in turn.

`head` works everywhere, on the gold embeddings that came with the champion and on what is added to them. `full` and
`mixed` move the layers below too, which takes pictures; `mixed` then teaches the head by the gold that came with the
champion as well, carried over to the moved network. `lessons.py` says what a batch is made of.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.retrainer.domains.retrained import Retrained
from services.retrainer.gold.looks import Look, embedded
from services.retrainer.teaching import candidate
from services.retrainer.teaching.full_fit import FullRecipe, fit_full
from services.retrainer.teaching.head_fit import HeadRecipe, Heard
from services.retrainer.teaching.lessons import Pool
from services.retrainer.teaching.moved import carried_over
from services.retrainer.teaching.taught import Sample, guard_looks, lessons, looks, readable
from services.retrainer.versions.embedded import Embedded
from services.retrainer.versions.stage import GOLD, read_head, read_set
from shared.domain.retraining import Mode, Progress, Report, RunStage
from shared.errors import ConfigurationError
from shared.scoring.session import Model

LEAST_GOLD = 20
"""Gold pictures of each class that moving the layers below the head takes."""

LEAST_GUARD = 10
"""Guard pictures of each class, without which nothing could judge a network that was moved."""


class NotEnoughSamples(ConfigurationError):
    """There are too few labelled pictures for this mode; the message says which, and how more are added."""


def train(
    champion: Path,
    samples: Sequence[Sample],
    *,
    mode: Mode,
    version: str,
    out: Path,
    work: Path,
    seed: int,
    report: Report,
    guard: Sequence[Sample] = (),
    head: HeadRecipe | None = None,
    full: FullRecipe | None = None,
) -> Path:
    """A staged, complete, unsigned version directory beside `out`/`version`, made of `champion`.

    `work` keeps embeddings and a checkpoint of every epoch: given again after a kill with the same arguments, it goes
    on to the same bits (on a CPU with as many threads). It belongs to one run. `guard` are pictures that judge and
    never train; only `full` and `mixed` need them, since the champion's guard embeddings are of another network.

    Raises NotEnoughSamples, and ModelRefused for a champion without the weights or the card to go on from. Samples
    of no weight and pictures that cannot be read are left out, and the card counts them.
    """
    taken = readable([sample for sample in samples if sample.weight > 0])
    recipe = replace(head or HeadRecipe(), seed=seed)
    told = {
        "mode": mode.value,
        "seed": seed,
        "gold": sum(sample.is_gold for sample in taken),
        "harvest": sum(not sample.is_gold for sample in taken),
        "left_out": len(samples) - len(taken),
        "added": sorted({sample.picture for sample in taken if sample.is_gold and not sample.lent}),
        "head": asdict(recipe),
    }
    run = _Run(champion=champion, version=version, out=out, work=work, mode=mode, report=report, head=recipe, told=told)
    if mode is Mode.HEAD:
        return _head(run, taken)
    return _body(run, taken, readable(guard), replace(full or FullRecipe(), seed=seed))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Run:
    """What the parts of one training share; `told` goes into the card."""

    champion: Path
    version: str
    out: Path
    work: Path
    mode: Mode
    report: Report
    head: HeadRecipe
    told: dict[str, Any]

    def embeds(self, directory: Path, wanted: Sequence[Look]) -> Embedded:
        """By the model of `directory`. Says after every chunk that it is alive; the report may raise to stop it."""

        def alive(*_: int) -> bool:
            self.report(Progress(stage=RunStage.TRAIN))
            return True

        found = embedded(Model.load(directory, provider="cpu", threads=1), wanted, self.work, goes_on=alive)
        assert found is not None
        return found

    def heard(self, before: int, part: int, parts: int, epochs: int) -> Heard:
        """Epochs of part `part` of `parts`, each of as many `epochs`, behind `before` epochs of something else."""
        total = before + parts * epochs

        def heard(done: int, loss: float, seconds: float) -> None:
            reached = before + part * epochs + done
            left = round(seconds * (total - reached), 1)
            self.report(
                Progress(stage=RunStage.TRAIN, done=reached, total=total, loss=round(loss, 6), eta_seconds=left)
            )

        return heard


@dataclass(frozen=True, kw_only=True, slots=True)
class _Scored:
    """Rows of gold with the champion's and the candidate's logits, float32 [N], the latter by what never learnt of the
    row's owner.
    """

    gold: Embedded
    before: NDArray[np.float32]
    after: NDArray[np.float32]


def _head(run: _Run, samples: Sequence[Sample]) -> Path:
    parent = read_head(run.champion)
    replay = _replay(run.champion)
    _require_both_classes(run, replay, samples)
    own = run.embeds(run.champion, looks(samples))
    whole = own if replay is None else Embedded.joined([replay, own])
    taught = lessons(replay, samples)
    gold = whole.rows(taught.pools != Pool.PSEUDO)
    fitted = candidate.fit(
        whole.vectors, taught, gold, champion=parent, recipe=run.head, work=run.work, heard=_parts(run, 0)
    )
    known, own_rows = parent(gold.vectors), _travels(gold, samples)
    return candidate.staged(
        run.champion, run.out, run.champion, fitted, version=run.version, gold=gold, known=known, travels=own_rows,
        training={**run.told, "replay_rows": len(whole) - len(own)},
        telling=Retrained.same(run.champion, gold.rows(own_rows), known[own_rows], fitted.scored[own_rows]),
    )  # fmt: skip


def _body(run: _Run, samples: Sequence[Sample], guard: Sequence[Sample], recipe: FullRecipe) -> Path:
    of_gold = [sample for sample in samples if sample.is_gold]
    _require_pictures(run, "gold", of_gold, LEAST_GOLD, "jinwi gold add DIR")
    _require_pictures(run, "guard", guard, LEAST_GUARD, "jinwi gold add DIR --guard 0.3")
    parent = read_head(run.champion)
    shown = looks(samples)
    before = run.embeds(run.champion, shown)
    network = fit_full(
        run.champion, samples, version=run.version, recipe=recipe, work=run.work,
        heard=run.heard(0, 0, 1, recipe.epochs),
    )  # fmt: skip
    after = run.embeds(network, shown)
    old = _replay(run.champion)
    carried = None if old is None else carried_over(old, before, after)
    replay = carried if run.mode is Mode.MIXED else None
    whole = after if replay is None else Embedded.joined([replay, after])
    taught = lessons(replay, samples)
    judged = taught.pools[len(whole) - len(after) :] == Pool.FRESH
    fitted = candidate.fit(
        whole.vectors, taught, whole.rows(taught.pools != Pool.PSEUDO), champion=read_head(network), recipe=run.head,
        work=run.work, heard=_parts(run, recipe.epochs),
    )  # fmt: skip
    kept = replace(fitted, scored=fitted.scored[-int(judged.sum()) :])
    gold, known = after.rows(judged), parent(before.vectors[judged])
    own = _travels(gold, samples)
    scored = None
    if old is not None and carried is not None:
        by_others = fitted.scored[: len(old)] if replay is not None else fitted.head(carried.vectors)
        scored = _Scored(gold=carried, before=parent(old.vectors), after=by_others)
    telling = _telling(run, network, _Scored(gold=gold.rows(own), before=known[own], after=kept.scored[own]), scored)
    return candidate.staged(
        network, run.out, run.champion, kept, version=run.version, gold=gold, known=known, travels=own,
        guard=run.embeds(network, guard_looks(guard)), telling=telling,
        training={**run.told, "full": asdict(recipe), "replay_rows": len(whole) - len(after)},
    )  # fmt: skip


def _telling(run: _Run, network: Path, own: _Scored, replay: _Scored | None) -> Retrained | None:
    """Domains of the moved network, from the installation's `own` gold and from `replay`, the champion's gold carried
    over: few have gold enough of their own. What is carried over lies near its true place, and counts here by how its
    score moved.
    """
    parts = [own] if replay is None else [replay, own]
    gold = Embedded.joined([part.gold for part in parts])
    before, after = (np.concatenate([getattr(part, name) for part in parts]) for name in ("before", "after"))
    return Retrained.anew(network, run.champion, gold, before, after)


def _travels(gold: Embedded, samples: Sequence[Sample]) -> NDArray[np.bool_]:
    """Which rows go with the version: all but those of pictures that are only lent."""
    own = {sample.picture for sample in samples if not sample.lent}
    lent = {sample.picture for sample in samples if sample.lent}
    return ~np.isin(gold.pictures, sorted(lent - own))


def _replay(champion: Path) -> Embedded | None:
    """The gold that it came with, without what was added in this installation: that is among the samples again, or was
    taken away since.
    """
    gold = read_set(champion, GOLD)
    if gold is None:
        return None
    card = json.loads((champion / "card.json").read_text(encoding="utf-8"))
    return gold.rows(~np.isin(gold.pictures, card["training"].get("added", [])))


def _parts(run: _Run, before: int) -> Callable[[int, int], Heard]:
    return lambda part, parts: run.heard(before, part, parts, run.head.epochs)


def _require_both_classes(run: _Run, replay: Embedded | None, samples: Sequence[Sample]) -> None:
    found = np.zeros(2, np.int64) if replay is None else np.bincount(replay.labels, minlength=2)
    for sample in samples:
        if sample.is_gold:
            found[int(sample.is_ai)] += 1
    if not found.all():
        raise NotEnoughSamples(
            f"head retraining needs gold of both classes: version {run.champion.name} brought and this installation "
            f"added {found[0]} by people and {found[1]} AI-generated; add some with `jinwi gold add DIR`"
        )


def _require_pictures(run: _Run, name: str, samples: Sequence[Sample], least: int, command: str) -> None:
    ai = sum(sample.is_ai for sample in samples)
    if min(ai, len(samples) - ai) < least:
        raise NotEnoughSamples(
            f"{run.mode.value} retraining needs {least} {name} pictures of each class: there are {len(samples) - ai} "
            f"by people and {ai} AI-generated; add some with `{command}`"
        )
