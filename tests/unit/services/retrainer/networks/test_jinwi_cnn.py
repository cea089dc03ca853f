import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

from services.retrainer import networks  # noqa: E402
from services.retrainer.versions.export import export  # noqa: E402
from shared.scoring.session import Model  # noqa: E402

ARCHS = ["jinwi-cnn", "jinwi-cnn-32"]
SMALL = {"widths": (8, 12), "blocks": (1, 1), "statistics": 8}


def picture(height, width, count=2, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).integers(0, 256, (count, height, width, 3), np.uint8))


def scored(network, pixels):
    with torch.inference_mode():
        return network.eval()(pixels)


@pytest.mark.parametrize("arch", ARCHS)
def test_it_stays_under_two_million_parameters(arch):
    assert sum(weights.numel() for weights in networks.build(arch).parameters()) < 2_000_000


@pytest.mark.parametrize("sides", [(32, 32), (33, 47), (128, 96)])
def test_it_answers_for_any_size_and_the_mean_of_its_map_is_the_logit(sides):
    logits, evidence, embedding = scored(networks.build("jinwi-cnn", **SMALL), picture(*sides))
    assert logits.shape == (2,)
    assert logits.dtype == evidence.dtype == torch.float32
    assert embedding.shape == (2, 12 + 8)
    assert torch.allclose(evidence.mean((1, 2)), logits, atol=1e-6)


def test_the_map_answers_where_the_picture_changed():
    torch.manual_seed(0)
    network = networks.build("jinwi-cnn", **SMALL)
    plain = torch.full((1, 64, 64, 3), 128, dtype=torch.uint8)
    marked = plain.clone()
    marked[:, :16, :16] = picture(16, 16, 1)
    maps = [scored(network, pixels).map[0] for pixels in (plain, marked)]
    moved = (maps[0] - maps[0][-1, -1] - (maps[1] - maps[1][-1, -1])).abs()  # but for what is the same everywhere
    assert moved[:4, :4].max() > 1e-3
    assert moved[9:, 9:].max() < 1e-6


def test_the_exported_map_is_the_networks_map(tmp_path):
    torch.manual_seed(0)
    network = networks.build("jinwi-cnn", **SMALL).eval()
    card = {
        "name": "tiny",
        "version": "1.0.0",
        "input": {"width": 64, "height": 48},
        "calibration": {},
        "thresholds": {},
        "range": {"min_side": 1, "max_side": 9999, "statement": "Any."},
    }
    pixels = picture(48, 64, 20)
    export(network, card, {}, tmp_path, probe=pixels.numpy())
    scores = Model.load(tmp_path, provider="cpu", threads=1).score(pixels.numpy())
    logits, evidence, _ = scored(network, pixels)
    assert np.abs(scores.logits - logits.numpy()).max() < 1e-4
    assert np.abs(scores.maps - evidence.numpy()).max() < 1e-4
