import json
from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")
pytest.importorskip("sklearn")

from services.retrainer.data.samples import Dataset  # noqa: E402
from services.retrainer.fitting.recipes import recipe  # noqa: E402
from services.retrainer.fitting.slice import Slice  # noqa: E402
from services.retrainer.sources import open_datasets  # noqa: E402
from services.retrainer.training import left_out, owners_out, train  # noqa: E402
from services.retrainer.training.input_spec import SPEC  # noqa: E402
from shared.domain.job import Lane  # noqa: E402
from shared.imaging.prepare import prepare  # noqa: E402
from shared.scoring.picture import Picture  # noqa: E402
from shared.scoring.session import Model  # noqa: E402
from tests.unit.services.retrainer.training.made import collection, picture  # noqa: E402

torch.set_num_threads(1)  # on tensors this small, threads mostly wait for each other

PASSES = 12


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
    accused = document["false_accusation_rate"]
    assert (accused["n"], accused["owners"]) == (24, 6)
    assert any(
        figures["verdicts"]["human_likely_ai"].items() <= accused.items()
        for name, figures in document["metrics"].items()
        if name.startswith("matched, ")
    )
    assert document["input"]["views"].keys() == {"bulk", "interactive"}


def test_the_manifest_of_what_it_saw_lies_beside_the_checkpoints(out):
    head, *entries = (out / "0.8.0.run" / "manifest.jsonl").read_text().splitlines()
    assert json.loads(head)["images"] == len(entries) == 48


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
