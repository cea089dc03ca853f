import json

import numpy as np
import pytest

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")

from services.retrainer import networks  # noqa: E402
from services.retrainer.networks.outputs import Outputs  # noqa: E402
from services.retrainer.versions.export import export, golden_pixels  # noqa: E402
from shared.domain.model_card import InputSpec  # noqa: E402
from shared.errors import ModelRefused  # noqa: E402
from shared.scoring.session import Model  # noqa: E402

CARD = {
    "name": "tiny",
    "version": "1.0.0",
    "input": {"width": 32, "height": 32, "resample": "bicubic"},
    "calibration": {"temperature": 2.0, "bias": 0.5},
    "thresholds": {"likely_human": 0.2, "likely_ai": 0.8},
    "range": {"min_side": 32, "max_side": 32, "statement": "Only 32 × 32 px."},
}
PROBE = np.random.default_rng(1).integers(0, 256, (40, 32, 32, 3), np.uint8)


@pytest.fixture
def network():
    """Untrained, with batch statistics that are not the ones it was born with."""
    torch.manual_seed(0)
    network = networks.build("cifake-cnn", filters=4, dense=8)
    network.train()
    network(torch.from_numpy(PROBE))
    return network.eval()


def test_the_exported_file_gives_what_the_network_gives(network, tmp_path):
    export(network, CARD, {}, tmp_path, probe=PROBE)
    model = Model.load(tmp_path, provider="cpu", threads=1)
    with torch.inference_mode():
        expected = network(torch.from_numpy(PROBE)).logit.numpy()
    assert np.abs(model.score(PROBE).logits - expected).max() < 1e-4
    assert model.card.document == {**CARD, "embedding": {"size": 8}}


def test_batch_normalisation_and_dropout_are_folded_away(network, tmp_path):
    export(network, CARD, {}, tmp_path, probe=PROBE)
    operators = [node.op_type for node in onnx.load(tmp_path / "model.onnx").graph.node]
    assert operators.count("Conv") == operators.count("MaxPool") == operators.count("Gemm") == 2
    assert not {"BatchNormalization", "Dropout"} & set(operators)


def test_a_version_directory_holds_these_files(network, tmp_path):
    export(network, CARD, {"test": {"n": 1}}, tmp_path, probe=PROBE)
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "card.json",
        "card.md",
        "golden.npz",
        "manifest.json",
        "metrics.json",
        "model.onnx",
        "model.safetensors",
    ]
    assert json.loads((tmp_path / "metrics.json").read_text()) == {"test": {"n": 1}}


class Unfaithful(torch.nn.Module):
    """What is exported is half of what is run."""

    def forward(self, pixels):
        logits = pixels.float().mean((1, 2, 3))
        return Outputs(logit=logits / 2 if torch.onnx.is_in_onnx_export() else logits)


def test_a_file_that_does_not_give_what_the_network_gives_is_refused(tmp_path):
    with pytest.raises(ModelRefused):
        export(Unfaithful().eval(), CARD, {}, tmp_path, probe=PROBE)


def test_golden_pictures_are_the_same_everywhere_and_differ_among_themselves():
    pixels = golden_pixels(InputSpec(width=48, height=32))
    assert pixels.shape == (16, 32, 48, 3)
    assert np.array_equal(pixels, golden_pixels(InputSpec(width=48, height=32)))
    assert len({picture.tobytes() for picture in pixels}) == 16
