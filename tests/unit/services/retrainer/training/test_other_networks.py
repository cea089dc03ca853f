"""Networks that read tiles of another side than `jinwi-cnn`, trained on collections of owners."""

import json

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")
pytest.importorskip("sklearn")
transformers = pytest.importorskip("transformers")

from services.retrainer import networks  # noqa: E402
from services.retrainer.sources import open_datasets  # noqa: E402
from services.retrainer.training import owners_out, train  # noqa: E402
from services.retrainer.training.backbone_head import heads  # noqa: E402
from services.retrainer.training.left_out import Seen, raw, see  # noqa: E402
from services.retrainer.versions.restored import restore  # noqa: E402
from shared.domain.job import Lane  # noqa: E402
from shared.domain.tiles import plan  # noqa: E402
from shared.imaging.prepare import prepare  # noqa: E402
from shared.scoring.picture import Picture  # noqa: E402
from shared.scoring.session import Model  # noqa: E402

torch.set_num_threads(1)  # on tensors this small, threads mostly wait for each other

SIDE = 48
PROCESSOR = {"size": {"height": SIDE, "width": SIDE}, "image_mean": [0.5] * 3, "image_std": [0.25] * 3}


def picture(label, seed, side=144):
    """Human-made ones are dark, AI-generated ones bright."""
    noise = np.random.default_rng(seed).normal(170 if label else 90, 30, (side, side, 3))
    return Image.fromarray(np.clip(noise, 0, 255).astype(np.uint8))


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Four owners of each class with three pictures each."""
    root = tmp_path_factory.mktemp("made")
    for label, name in enumerate(("human", "ai")):
        for owner in range(4):
            folder = root / name / f"{name}-{owner}"
            folder.mkdir(parents=True)
            for index in range(3):
                picture(label, [label, owner, index]).save(folder / f"{index}.png")
    return root


@pytest.fixture(scope="module")
def backbone(tmp_path_factory):
    """A small DINOv2 with random weights, as `save_pretrained` leaves it."""
    folder = tmp_path_factory.mktemp("hub") / "dinov2"
    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "mlp_ratio": 2}
    transformers.Dinov2Model(transformers.Dinov2Config(**sizes, image_size=112, patch_size=16)).save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps(PROCESSOR))
    return folder


@pytest.fixture(autouse=True)
def two_folds(monkeypatch):
    monkeypatch.setattr(owners_out, "FOLDS", 2)


@pytest.fixture(scope="module")
def out(folders, backbone, tmp_path_factory):
    """A head on the backbone, made in two slices, the first without time."""
    out = tmp_path_factory.mktemp("models")
    order = {
        "arch": f"hf:{backbone}", "data": [str(folders)], "version": "101.0.0", "out": out, "head_only": True,
    }  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owners_out, "FOLDS", 2)
        assert train.train_version(**order, minutes=0) is None
        assert train.train_version(**order, resume=True) == out / "101.0.0"
    return out


def probability(model, image, lane):
    pixels = prepare(image, model.card.input, lane)
    [score] = model.score_pictures([Picture(pixels=pixels, width=image.width, height=image.height, lane=lane)])
    return score.probability


@pytest.mark.parametrize("lane", list(Lane))
def test_a_head_on_a_backbone_is_a_version_that_tells_new_pictures_apart(out, lane):
    model = Model.load(out / "101.0.0", provider="cpu", threads=1)
    assert (model.card.input.width, model.card.input.height) == (SIDE, SIDE)
    assert probability(model, picture(1, 99), lane) > 0.5 > probability(model, picture(0, 99), lane)


def test_few_tiles_of_a_large_network_are_read(out):
    spec = Model.load(out / "101.0.0", provider="cpu", threads=1).card.input
    assert [len(plan(3000, 2000, spec, lane)) for lane in (Lane.BULK, Lane.INTERACTIVE)] == [1, 3]


def test_its_card_tells_the_command_the_tiles_and_what_owners_left_out_say(out, backbone):
    card = json.loads((out / "101.0.0" / "card.json").read_text())
    assert card["training"]["command"].startswith("jinwi train --arch hf:dinov2 ")
    assert " --head-only " in card["training"]["command"]
    assert str(backbone.parent) not in json.dumps(card)
    assert "read in tiles of 48 × 48 px" in card["range"]["statement"]
    assert card["metrics"]["matched, interactive"]["figures"]["roc_auc"]["value"] > 0.9


def test_a_picture_goes_through_the_backbone_once_and_the_folds_keep_only_heads(out):
    run = out / "101.0.0.run"
    assert [path.name for path in run.glob("embedding-*/*.npy")] == ["0.npy"]
    assert not list(run.glob("*.pt"))
    log = (run / "log.txt").read_text()
    assert "embedding of 24 of 24 pictures" in log


def test_heads_share_one_backbone_and_each_is_fitted_on_its_own_rows(backbone):
    network = networks.build(f"hf:{backbone}", head_only=True)
    random = np.random.default_rng(0)
    labels, owners = np.arange(40, dtype=np.uint8) % 2, np.arange(40).astype(str)
    embeddings = random.normal(0, 1, (40, 3, 32)).astype(np.float32)
    embeddings[:20, :, 4] += 3 * labels[:20, None]
    embeddings[20:, :, 9] += 3 * labels[20:, None]
    made = heads(network, embeddings, labels, owners, {"early": np.arange(20), "late": np.arange(20, 40)})
    assert made["early"].backbone is made["late"].backbone
    assert [int(one.head.weight.argmax()) for one in made.values()] == [4, 9]
    assert not any(torch.equal(one.head.weight, network.head.weight) for one in made.values())


def test_a_seeds_network_of_32_px_is_trained_on_owners_and_served(folders, tmp_path):
    order = {"arch": "cifake-cnn", "data": [str(folders)], "version": "0.9.0", "out": tmp_path, "passes": 4}
    made = train.train_version(**order)
    model = Model.load(made, provider="cpu", threads=1)
    assert model.card.input.width == 32
    data = open_datasets([str(folders)])
    [kept] = (tmp_path / "0.9.0.run").glob("left-out-bulk-raw-*.npz")
    assert Seen.load(kept).logits.shape == (24, 1)
    image = picture(1, 5)
    served = model.score(prepare(image, model.card.input, Lane.BULK)).logits
    with torch.inference_mode():
        trained = restore(made)(torch.from_numpy(prepare(image, model.card.input, Lane.BULK))).logit.numpy()
    assert served == pytest.approx(trained, abs=1e-4)
    assert len(see(restore(made), data, raw, model.card.input).logits) == 24
