import io
import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")
pytest.importorskip("sklearn")

from services.retrainer.data.samples import Dataset, Sample  # noqa: E402
from services.retrainer.fitting.recipes import recipe  # noqa: E402
from services.retrainer.fitting.slice import Slice  # noqa: E402
from services.retrainer.networks.outputs import Outputs  # noqa: E402
from services.retrainer.sources import open_datasets  # noqa: E402
from services.retrainer.training import left_out, owners_out, train  # noqa: E402
from services.retrainer.training.input_spec import SPEC  # noqa: E402
from services.retrainer.training.trained import logits  # noqa: E402
from shared.domain.job import Lane  # noqa: E402
from shared.domain.model_card import InputSpec, View  # noqa: E402
from shared.imaging.prepare import prepare  # noqa: E402
from shared.scoring.picture import Picture  # noqa: E402
from shared.scoring.session import Model  # noqa: E402

torch.set_num_threads(1)  # on tensors this small, threads mostly wait for each other

PASSES = 12


def picture(label, seed, side=144):
    """Human-made ones are of coarse blocks, AI-generated ones of fine."""
    cells = side // (6 if label else 24)
    noise = np.random.default_rng(seed).normal(128, 45, (cells, cells, 3))
    blocks = Image.fromarray(np.clip(noise, 0, 255).astype(np.uint8))
    return blocks.resize((side, side), Image.Resampling.NEAREST)


def sample(label, owner, seed):
    file = io.BytesIO()
    picture(label, seed).save(file, "PNG")
    return Sample(name=f"{owner}/{seed}", label=label, owner=owner, read=file.getvalue, kind="" if label else "photo")


def collection():
    """Six owners of each class with four pictures each."""
    return Dataset(
        "made",
        [sample(label, f"{label}-{owner}", 10 * owner + n) for label in (0, 1) for owner in range(6) for n in range(4)],
    )


class Brightness(torch.nn.Module):
    def forward(self, pixels):
        return Outputs(logit=pixels.to(torch.float32).mean((1, 2, 3)) / 10 - 12.5)


class Shifted(Brightness):
    def __init__(self, by):
        super().__init__()
        self.register_buffer("by", torch.tensor(by))

    def forward(self, pixels):
        return Outputs(logit=super().forward(pixels).logit + self.by)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("made")
    for one in collection().samples:
        file = root / ("ai" if one.label else "human") / f"{one.name}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(one.read())
    return root


@pytest.fixture(scope="module")
def out(folders, tmp_path_factory):
    """One version, its parts trained by two commands and put together by a third."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owners_out, "FOLDS", 2)
        out = tmp_path_factory.mktemp("models")
        order = {"arch": "jinwi-cnn", "data": [str(folders)], "version": "0.8.0", "out": out, "passes": PASSES}
        assert train.train_version(**order, only=["texture", "fold-0"]) is None
        assert train.train_version(**order, only=["fold-1", "final"]) is None
        assert train.train_version(**order, resume=True) == out / "0.8.0"
    return out


def test_a_pictures_logit_is_the_mean_of_its_tiles_by_the_plan():
    spec = InputSpec(
        width=32, height=32, views=dict.fromkeys(Lane, (View(short_side=None, crops=4), View(short_side=40, crops=1)))
    )
    image = picture(1, seed=3)
    tiles = logits(Brightness(), prepare(image, spec, Lane.BULK))
    expected = tiles[:4].mean() / 2 + tiles[4] / 2
    assert left_out.picture_logit(Brightness(), image, spec, Lane.BULK) == pytest.approx(expected, abs=1e-5)


def test_every_look_at_every_picture_is_scored():
    files = [io.BytesIO(), io.BytesIO()]
    for file, level in zip(files, (75, 175), strict=True):
        Image.new("RGB", (144, 144), (level,) * 3).save(file, "PNG")
    dataset = Dataset("made", [replace(sample(0, "a", 1), read=file.getvalue, name=f"{file}") for file in files])
    seen = left_out.see(Brightness(), dataset, left_out.matched_views, SPEC)
    assert seen.logits.shape == seen.short_sides.shape == (2, left_out.DRAWS)
    assert (seen.logits[0] < 0).all()
    assert (seen.logits[1] > 0).all()
    assert seen.short_sides.max() < 144


def test_parts_trained_by_several_commands_make_one_version(out):
    model = Model.load(out / "0.8.0", provider="cpu", threads=1)
    for label in (0, 1):
        image = picture(label, seed=99)
        pixels = prepare(image, model.card.input, Lane.BULK)
        (score,) = model.score_pictures([Picture(pixels=pixels, width=144, height=144, lane=Lane.BULK)])
        assert (score.probability > 0.5) == bool(label)
        assert score.evidence is not None


def test_the_card_rests_on_owners_that_were_left_out(out):
    document = json.loads((out / "0.8.0" / "card.json").read_text())
    matched = document["metrics"]["matched, interactive"]
    assert matched["images"] == {"human": 24 * left_out.DRAWS, "ai": 24 * left_out.DRAWS}
    assert matched["owners"] == {"human": 6, "ai": 6}
    assert matched["figures"]["roc_auc"]["value"] > 0.9
    assert document["false_accusation_rate"]["n"] == 24 * left_out.DRAWS
    assert document["input"]["views"].keys() == {"bulk", "interactive"}


def test_the_manifest_of_what_it_saw_lies_beside_the_checkpoints(out):
    head, *entries = (out / "0.8.0.run" / "manifest.jsonl").read_text().splitlines()
    assert json.loads(head)["images"] == len(entries) == 48


def test_no_part_trains_on_the_owners_that_it_leaves_out(folders):
    material = owners_out.Material(dataset=collection(), pictures=[], folds=np.repeat(np.arange(6), 8) % 4, sha256="")
    for fold in range(4):
        assert not (material.folds[material.without(f"fold-{fold}")] == fold).any()
    assert len(material.without(owners_out.FINAL)) == 48


def test_a_finished_run_has_for_each_owner_the_network_that_was_judged_on_the_owner(out, folders, monkeypatch):
    """What it says of each picture is what the run kept of its left-out scores."""
    monkeypatch.setattr(owners_out, "FOLDS", 2)
    data, run = open_datasets([folders]), out / "0.8.0.run"
    judges = owners_out.judges(data, recipe("jinwi-cnn", passes=PASSES), Slice(run=run, say=print, resume=True))
    assert judges.keys() == set(data.owners.tolist())
    assert len(set(map(id, judges.values()))) == 2
    [kept] = run.glob("left-out-bulk-raw-*.npz")
    logits_kept = left_out.Seen.load(kept).logits
    for row in range(0, len(data), 5):
        one = data.samples[row]
        said = left_out.see(judges[one.owner], Dataset("one", [one]), left_out.raw, SPEC).logits
        assert said == pytest.approx(logits_kept[row : row + 1], abs=1e-5)


def test_a_run_that_is_not_finished_judges_nobody(folders, tmp_path, monkeypatch):
    monkeypatch.setattr(owners_out, "FOLDS", 2)
    whole = replace(recipe("jinwi-cnn", passes=PASSES), texture=False)
    with pytest.raises(train.ConfigurationError, match="no finished run: fold-0 ends at step 0"):
        owners_out.judges(open_datasets([folders]), whole, Slice(run=tmp_path, say=print, resume=True))


def test_an_unknown_part_is_refused_with_those_that_exist(folders, tmp_path):
    with pytest.raises(train.ConfigurationError, match="fold-9: there are texture, fold-0, fold-1"):
        train.train_version(arch="jinwi-cnn", data=[str(folders)], version="0.8.0", out=tmp_path, only=["fold-9"])


def test_scores_of_other_networks_are_never_taken(tmp_path):
    material = owners_out.Material(dataset=collection(), pictures=[], folds=np.repeat(np.arange(6), 8), sha256="")
    here = Slice(run=tmp_path, say=lambda line: None, resume=True)

    def seen(network):
        networks = dict.fromkeys([f"fold-{fold}" for fold in range(owners_out.FOLDS)], network)
        return owners_out._seen(material, networks, here, "raw", Lane.BULK).logits

    dim, bright = Shifted(0.0), Shifted(5.0)
    assert np.allclose(seen(bright) - seen(dim), 5.0, atol=1e-4)
    assert np.array_equal(seen(dim), seen(dim))
