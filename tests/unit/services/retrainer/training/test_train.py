"""The whole of `jinwi train` on tiny pictures: what continuous integration trains end to end."""

import json
import re

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

from services.retrainer.data.prepared import prepared  # noqa: E402
from services.retrainer.sources import open_dataset  # noqa: E402
from services.retrainer.statistics.metrics import measure  # noqa: E402
from services.retrainer.training.train import train_version  # noqa: E402
from shared.errors import ConfigurationError  # noqa: E402
from shared.scoring.session import Model  # noqa: E402
from tests.unit.services.retrainer.data.pictures import SPEC, write_dataset  # noqa: E402

torch.set_num_threads(1)  # on tensors this small, threads mostly wait for each other

PASSES = 6


def train(data, out, **options):
    return train_version(arch="cifake-cnn", data=[str(data)], version="0.3.0", out=out, passes=PASSES, **options)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_dataset(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def out(data, tmp_path_factory):
    """A folder in which one version has been trained."""
    out = tmp_path_factory.mktemp("models")
    assert train(data, out) == out / "0.3.0"
    return out


def test_a_trained_version_gives_the_figures_that_its_card_states(data, out):
    model = Model.load(out / "0.3.0", provider="cpu", threads=1)
    test = prepared(open_dataset(data).part("test"), SPEC)
    measured = measure(test.labels, model.score(test.pixels).probabilities, model.card.thresholds)
    document = model.card.document
    assert document["metrics"]["test"]["confusion"] == measured["confusion"]
    assert document["false_accusation_rate"] == measured["false_likely_ai"]
    assert document["parameters"] == 141_473
    assert np.isclose(document["metrics"]["test"]["roc_auc"], measured["roc_auc"], atol=1e-4)


def test_the_log_tells_the_run_from_data_to_publication_and_the_loss_falls(out):
    lines = (out / "0.3.0.run" / "log.txt").read_text().splitlines()
    losses = [float(re.search(r"loss (\S+)", line)[1]) for line in lines if line.startswith("step ")]
    assert lines[0].startswith("reading ")
    assert len(losses) == 12
    assert losses[-1] < losses[0] - 0.02
    assert lines[-1].startswith("published 0.3.0")


def test_the_card_names_no_path_of_the_machine_that_trained_and_its_command_is_whole(data, out):
    text = (out / "0.3.0" / "card.json").read_text()
    assert str(data.parent) not in text
    assert json.loads(text)["training"]["command"] == (
        f"jinwi train --arch cifake-cnn --data {data.name} --version 0.3.0 --out {out.name} --passes 6 --seed 0"
    )


def test_a_taken_version_number_is_refused_before_training(data, out):
    with pytest.raises(ConfigurationError, match="never overwritten"):
        train(data, out)


def test_what_is_no_version_number_is_refused_before_training(tmp_path):
    with pytest.raises(ConfigurationError, match="is no version"):
        train_version(arch="cifake-cnn", data=[str(tmp_path / "nothing")], version="../x", out=tmp_path / "models")

    assert not list(tmp_path.iterdir())


def test_the_card_of_a_version_from_other_pictures_says_so(out):
    document = json.loads((out / "0.3.0" / "card.json").read_text())
    assert document["name"] == "jinwi-custom"
    assert document["data"][0]["licence"] == "unknown"


def test_an_unknown_architecture_is_refused_with_those_that_exist(data, tmp_path):
    with pytest.raises(ConfigurationError, match="no architecture 'vgg'; there are: jinwi-cnn"):
        train_version(arch="vgg", data=[str(data)], version="0.3.0", out=tmp_path)


def test_slices_end_on_time_and_resume_into_the_same_file(data, out, tmp_path):
    elsewhere = tmp_path / out.name
    made = train(data, elsewhere, minutes=0)
    assert made is None
    assert not (elsewhere / "0.3.0").exists()
    assert "--resume" in (elsewhere / "0.3.0.run" / "log.txt").read_text().splitlines()[-1]

    train(data, elsewhere, resume=True)
    hashes = [json.loads((folder / "0.3.0" / "manifest.json").read_text())["files"] for folder in (out, elsewhere)]
    assert hashes[0]["golden.npz"] == hashes[1]["golden.npz"]
    weights = [torch.load(folder / "0.3.0.run" / "checkpoint.pt")["progress"]["mean"] for folder in (out, elsewhere)]
    assert all(torch.equal(tensor, weights[1][name]) for name, tensor in weights[0].items())
