"""A small champion that can be retrained within seconds, and labelled pictures like those that it knows.

Pictures are soft shapes: large where a person made them, small where a generator did. The champion tells them apart, in
whatever form they come back from the web, and carries the embeddings of a gold and of a guard set, the latter just large enough for the gate.
"""

import hashlib
import io
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from services.retrainer.gold.looks import embedded
from services.retrainer.teaching.taught import Sample, guard_looks
from services.retrainer.versions.embedded import PLAIN, RAW, Embedded
from services.retrainer.versions.export import export
from services.retrainer.versions.restored import blueprint
from services.retrainer.versions.stage import Change, Head, stage
from shared.domain.job import Lane
from tests.unit.services.retrainer.versions.made import CARD, SIDE, SMALL, network

VERSION = "100.0.0"

GOLD = 40
"""Pictures of each class that travel with the champion."""

GUARD = 52
"""Pictures of each class: two above what the gate needs to judge at all."""

OWNERS = 8

CELLS = (32, 4)
"""Side in px of what is of one colour in a picture by a person, and in a generated one."""

SURE = 4.0
"""Logit: a probability of 0.98."""


def picture(label: int, seed: int, *, side: int = 96) -> bytes:
    """A PNG, so that its bytes are the same on every machine."""
    chance = np.random.default_rng([label, seed])
    cells = side // CELLS[label]
    levels = chance.uniform(-110, 110, (cells, cells, 3)) + chance.uniform(110, 145)
    image = Image.fromarray(levels.clip(0, 255).astype(np.uint8)).resize((side, side), Image.Resampling.BICUBIC)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def samples(seeds: Iterable[int], *, source: str = "gold") -> list[Sample]:
    """Of both classes, of OWNERS owners each."""
    return [_sample(label, seed, source) for seed in seeds for label in (0, 1)]


def champion(root: Path) -> Path:
    """`root`/VERSION, a version directory. The network is as it was born; its head lies between the classes."""
    torch.manual_seed(0)
    made = network(texture=True)
    bare = root / "bare"
    bare.mkdir(parents=True)
    plain = {**CARD, "calibration": {"temperature": 1.0, "bias": 0.0}, "version": VERSION}
    card = {**plain, "training": {"network": blueprint(made, "jinwi-cnn", side=SIDE, **SMALL)}}
    probe = np.random.default_rng(0).integers(0, 256, (4, SIDE, SIDE, 3), np.uint8)
    model = export(made, card, {}, bare, probe=probe)
    taught = [one.look(RAW, lane) for one in samples(range(GOLD)) for lane in Lane]
    judged = samples(range(1000, 1000 + GUARD))
    gold, guard = (embedded(model, wanted, root / "cache") for wanted in (taught, guard_looks(judged)))
    assert gold is not None
    assert guard is not None
    # As they came, for so do the pictures come that a harvest looks at: the network was never made to like others.
    gold = replace(gold, cells=np.full(len(gold), PLAIN))
    change = Change(version=VERSION, head=_between(gold), gold=gold, guard=guard)
    return stage(bare, root / "made", change).rename(root / VERSION)


def _between(gold: Embedded) -> Head:
    """The head whose logits are -SURE and SURE for the mean picture of either class."""
    human, ai = (gold.vectors[gold.labels == label].mean(0) for label in (0, 1))
    weight = 2 * SURE * (ai - human) / ((ai - human) ** 2).sum()
    return Head(weight=weight.astype(np.float32), bias=float(-weight @ (ai + human) / 2))


def _sample(label: int, seed: int, source: str) -> Sample:
    content = picture(label, seed)
    return Sample(
        key=f"{source}-{label}-{seed}",
        sha256=hashlib.sha256(content).digest(),
        label=float(label),
        weight=1.0,
        owner=f"{source}-{label}-{seed % OWNERS}",
        kind="",
        source=source,
        image=partial(bytes, content),
    )
