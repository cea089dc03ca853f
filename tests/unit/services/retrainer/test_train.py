import json

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

from services.retrainer import dataset  # noqa: E402
from services.retrainer.evaluate import measure  # noqa: E402
from services.retrainer.train import train_version  # noqa: E402
from shared.errors import ConfigurationError  # noqa: E402
from shared.scoring.session import Model  # noqa: E402
from tests.unit.services.retrainer.pictures import SPEC, write_dataset  # noqa: E402

torch.set_num_threads(1)  # on tensors this small, threads mostly wait for each other


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_dataset(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def out(data, tmp_path_factory):
    """A folder in which one version has been trained."""
    out = tmp_path_factory.mktemp("models")
    train_version(arch="cifake-cnn", data=data, version="0.3.0", out=out, epochs=2)
    return out


def test_a_trained_version_gives_the_figures_that_its_card_states(data, out):
    model = Model.load(out / "0.3.0", provider="cpu", threads=1)
    test = dataset.load(data, SPEC).test
    measured = measure(test.labels, model.score(test.pixels).probabilities, model.card.thresholds)
    document = model.card.document
    assert document["metrics"]["test"]["confusion"] == measured["confusion"]
    assert document["false_accusation_rate"] == measured["false_likely_ai"]
    assert document["parameters"] == 141_473
    assert np.isclose(document["metrics"]["test"]["roc_auc"], measured["roc_auc"], atol=1e-4)


def test_the_log_tells_the_run_from_data_to_publication(out):
    lines = (out / "0.3.0.run" / "log.txt").read_text().splitlines()
    assert lines[0].startswith("reading ")
    assert sum(line.startswith("epoch ") for line in lines) == 2
    assert lines[-1].startswith("published 0.3.0")


def test_the_card_names_no_path_of_the_machine_that_trained(data, out):
    assert str(data.parent) not in (out / "0.3.0" / "card.json").read_text()


def test_a_taken_version_number_is_refused_before_training(data, out):
    with pytest.raises(ConfigurationError, match="never overwritten"):
        train_version(arch="cifake-cnn", data=data, version="0.3.0", out=out, epochs=2)


def test_what_is_no_version_number_is_refused_before_training(tmp_path):
    with pytest.raises(ConfigurationError, match="is no version"):
        train_version(arch="cifake-cnn", data=tmp_path / "nothing", version="../x", out=tmp_path / "models")

    assert not list(tmp_path.iterdir())


def test_the_card_of_a_version_from_other_pictures_says_so(out):
    document = json.loads((out / "0.3.0" / "card.json").read_text())
    assert document["name"] == "jinwi-custom"
    assert document["data"][0]["licence"] == "unknown"


def test_an_unknown_architecture_is_refused_with_those_that_exist(data, tmp_path):
    with pytest.raises(ConfigurationError, match="no architecture 'resnet'; there are: cifake-cnn"):
        train_version(arch="resnet", data=data, version="0.3.0", out=tmp_path)


def test_a_finished_run_resumes_into_the_same_weights(data, out, tmp_path):
    elsewhere = tmp_path / out.name
    (elsewhere / "0.3.0.run").mkdir(parents=True)
    (elsewhere / "0.3.0.run" / "checkpoint.pt").write_bytes((out / "0.3.0.run" / "checkpoint.pt").read_bytes())
    train_version(arch="cifake-cnn", data=data, version="0.3.0", out=elsewhere, epochs=2, resume=True)
    hashes = [json.loads((folder / "0.3.0" / "manifest.json").read_text())["files"] for folder in (out, elsewhere)]
    assert hashes[0]["model.onnx"] == hashes[1]["model.onnx"]
