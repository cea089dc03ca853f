"""Small version directories to be retrained, with pictures and embeddings of their own."""

import hashlib
import io
from functools import partial

import numpy as np
import torch
from PIL import Image

from services.retrainer import networks
from services.retrainer.gold.looks import embedded
from services.retrainer.networks.texture import Texture
from services.retrainer.networks.with_texture import Line, WithTexture
from services.retrainer.teaching.taught import Sample, guard_looks
from services.retrainer.versions.embedded import PLAIN
from services.retrainer.versions.export import export
from services.retrainer.versions.restored import blueprint
from services.retrainer.versions.stage import Change, stage
from shared.domain.job import Lane
from shared.scoring.session import Model

SIDE = 32
SMALL = {"widths": [4, 6], "blocks": [1, 1]}
CARD = {
    "name": "small",
    "version": "1.0.0",
    "input": {
        "width": SIDE,
        "height": SIDE,
        "views": {
            "bulk": [{"short_side": None, "crops": 1}],
            "interactive": [{"short_side": None, "crops": 2}],
        },
    },
    "calibration": {"temperature": 2.0, "bias": 0.1},
    "thresholds": {"likely_human": 0.2, "likely_ai": 0.8},
    "range": {"min_side": 1, "max_side": 9999, "statement": "Any."},
}


def jpeg(label, seed, side=80):
    """Noise, finer and stronger where a generator made it, as a file."""
    chance = np.random.default_rng([label, seed])
    cells = side if label else side // 4
    noise = chance.normal(128, 30 + 20 * label, (cells, cells, 3))
    image = Image.fromarray(np.clip(noise, 0, 255).astype(np.uint8)).resize((side, side), Image.Resampling.BICUBIC)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=92)
    return file.getvalue()


def sample(label, seed, *, source="gold", owner=None, soft=None):
    content = jpeg(label, seed)
    return Sample(
        key=f"{source}-{label}-{seed}",
        sha256=hashlib.sha256(content).digest(),
        label=float(label) if soft is None else soft,
        weight=1.0,
        owner=owner or f"{source}-{label}-{seed % 4}",
        kind="photo",
        source=source,
        image=partial(bytes, content),
    )


def samples(count, *, start=0, source="gold"):
    """`count` of each class."""
    return [sample(label, start + number, source=source) for number in range(count) for label in (0, 1)]


def network(*, texture=True, seed=0):
    """Untrained."""
    torch.manual_seed(seed)
    made = networks.build("jinwi-cnn", **SMALL)
    if not texture:
        return made.eval()
    count = Texture()(torch.zeros(1, SIDE, SIDE, 3, dtype=torch.uint8)).shape[1]
    slope = np.random.default_rng(seed).normal(0, 0.02, count).astype(np.float32)
    line = Line(centre=np.zeros(count, np.float32), scale=np.ones(count, np.float32), slope=slope, bias=0.0)
    return WithTexture.joined(made, line).eval()


def version(root, *, sets=True, texture=True, gold=24, guard=12):
    """`root`/1.0.0, perhaps with a gold and a guard set."""
    made = network(texture=texture)
    bare = root / "bare" / "1.0.0"
    bare.mkdir(parents=True)
    card = {**CARD, "training": {"network": blueprint(made, "jinwi-cnn", side=SIDE, **SMALL)}}
    probe = np.random.default_rng(0).integers(0, 256, (4, SIDE, SIDE, 3), np.uint8)
    model = export(made, card, {}, bare, probe=probe)
    if not sets:
        return bare
    looks = [one.look(PLAIN, lane) for one in samples(gold, start=1000) for lane in Lane]
    whole = Change(
        version="1.0.0",
        gold=embedded(model, looks, root / "cache"),
        guard=embedded(model, guard_looks(samples(guard, start=2000)), root / "cache"),
    )
    return stage(bare, root / "made", whole).rename(root / "1.0.0")


def loaded(directory):
    return Model.load(directory, provider="cpu", threads=1)
