import numpy as np
import pytest

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")

from services.retrainer import networks  # noqa: E402
from services.retrainer.networks.texture import Texture  # noqa: E402
from services.retrainer.networks.with_texture import FURTHEST, Line, WithTexture  # noqa: E402
from services.retrainer.versions.export import export  # noqa: E402
from shared.scoring.foreign import ForeignGraph  # noqa: E402
from shared.scoring.session import Model  # noqa: E402
from tests.unit.services.retrainer.networks.toys import card, pictures  # noqa: E402


def line(count, **given):
    plain = {"centre": np.zeros(count), "scale": np.ones(count), "slope": np.zeros(count)}
    values = {name: np.asarray(value, np.float32) for name, value in (plain | given).items() if name != "bias"}
    return Line(**values, bias=given.get("bias", 0.0))


@pytest.fixture
def network():
    torch.manual_seed(0)
    return networks.build("jinwi-cnn", widths=(8, 12), blocks=(1, 1)).eval()


@pytest.fixture
def joined(network):
    """With a line of weights as large as fitted ones."""
    statistics = Texture()(torch.from_numpy(pictures(64)[0])).numpy()
    slope = np.random.default_rng(0).normal(0, 0.1, statistics.shape[1])
    spread = np.maximum(statistics.std(0), 0.003)
    over = line(len(slope), centre=statistics.mean(0), scale=spread, slope=slope, bias=0.5)
    return WithTexture.joined(network, over).eval()


def test_a_line_adds_up_standardised_statistics():
    reads = line(2, centre=[1, 0], scale=[2, 1], slope=[1, -3], bias=0.25)
    assert reads(torch.tensor([[3.0, 0.5]])).tolist() == pytest.approx([1 - 1.5 + 0.25])


def test_one_odd_statistic_does_not_decide():
    assert line(1, slope=[2])(torch.tensor([[1e6], [-1e6]])).tolist() == [2 * FURTHEST, -2 * FURTHEST]


def test_both_readings_are_added_and_the_mean_of_the_map_stays_the_logit(network, joined):
    pixels = torch.from_numpy(pictures(64)[0])
    with torch.inference_mode():
        alone, (logits, evidence, _) = network(pixels).logit, joined(pixels)
        within = joined.standard(joined.texture(pixels))
        texture = within @ joined.head.weight[0, -within.shape[1] :] + 0.5
    assert torch.allclose(logits, alone + texture, atol=1e-5)
    assert torch.allclose(evidence.mean((1, 2)), logits, atol=1e-5)


def test_a_head_replaced_in_the_file_gives_its_own_logits_and_its_own_map(joined, tmp_path):
    """As a retraining of the head alone makes a version, without tracing."""
    pixels, _ = pictures(64, 8)
    export(joined, card(64), {}, tmp_path, probe=pixels)
    model = onnx.load(tmp_path / "model.onnx")
    head = {tensor.name: tensor for tensor in model.graph.initializer if tensor.name.startswith("head.")}
    weight = np.random.default_rng(1).normal(0, 0.1, joined.head.weight.shape).astype(np.float32)
    head["head.weight"].CopyFrom(onnx.numpy_helper.from_array(weight, "head.weight"))
    head["head.bias"].CopyFrom(onnx.numpy_helper.from_array(np.float32([-1]), "head.bias"))
    served = ForeignGraph(model.SerializeToString())
    joined.head.load_state_dict({"weight": torch.from_numpy(weight), "bias": torch.tensor([-1.0])})
    with torch.inference_mode():
        expected = joined(torch.from_numpy(pixels))
    embedding = served.run(pixels, "embedding")
    assert np.abs(served.run(pixels, "logit") - expected.logit.numpy()).max() < 1e-4
    assert np.abs(served.run(pixels, "map") - expected.map.numpy()).max() < 1e-4
    assert np.abs(embedding @ weight[0] - 1 - expected.logit.numpy()).max() < 1e-4


def test_the_exported_file_agrees_even_on_flat_pictures(joined, tmp_path):
    flat = np.stack([np.full((64, 64, 3), level, np.uint8) for level in (0, 77, 254, 255)])
    pixels = np.concatenate([pictures(64, 40)[0], flat])
    export(joined, card(64), {}, tmp_path, probe=pixels)
    scores = Model.load(tmp_path, provider="cpu", threads=1).score(pixels)
    with torch.inference_mode():
        logits, evidence, _ = joined(torch.from_numpy(pixels))
    assert np.abs(scores.logits - logits.numpy()).max() < 1e-4
    assert np.abs(scores.maps - evidence.numpy()).max() < 1e-4
