import pytest

pytest.importorskip("torch")
pytest.importorskip("onnx")

from bench.macs import macs
from services.retrainer.networks import build, cost
from shared import scoring

SHIPPED = scoring.SHIPPED / "0.1.0"


def test_a_graphs_products_are_those_that_torch_counts():
    network = build("cifake-cnn")
    assert macs(SHIPPED / "model.onnx") == cost.macs(network, 32)
