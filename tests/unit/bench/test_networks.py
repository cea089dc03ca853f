import pytest

pytest.importorskip("torch")
pytest.importorskip("onnx")

from bench import networks
from bench.pictures import photographs
from services.retrainer.networks import build, cost


def test_a_network_with_random_weights_has_figures():
    [row] = networks.measured(["jinwi-cnn-32"], photographs(1), seconds=0)
    assert row["parameters"] == sum(weights.numel() for weights in build("jinwi-cnn-32").parameters())
    assert row["bytes"] > 4 * row["parameters"] * 0.9
    assert row["macs"] == pytest.approx(cost.macs(build("jinwi-cnn-32"), 32), rel=0.01)
    assert row["images_per_second_per_core"] < row["inference_images_per_second_per_core"]
