import numpy as np
import pytest

from shared.errors import ModelRefused
from shared.scoring.foreign import ForeignGraph
from tests import foreign


@pytest.fixture
def graph(tmp_path):
    return ForeignGraph(foreign.graph(tmp_path / "detector.onnx", inside="twice").read_bytes())


def test_a_graph_gives_the_output_that_is_asked_for(graph):
    pictures = np.random.default_rng(0).random((2, 3, foreign.SIDE, foreign.SIDE), np.float32)
    assert np.allclose(graph.run(pictures, "mean"), pictures.mean((2, 3)), atol=1e-6)
    expected = foreign.logits(pictures.transpose(0, 2, 3, 1), 1)[:, 0]
    assert np.allclose(graph.run(pictures, "answer"), expected, atol=1e-6)


def test_what_is_no_graph_is_refused():
    with pytest.raises(ModelRefused, match="cannot load the graph"):
        ForeignGraph(b"no graph")


def test_what_the_graph_cannot_take_is_refused(graph):
    with pytest.raises(ModelRefused, match="cannot run the graph"):
        graph.run(np.zeros((1, 3, 5, 5), np.float32), "answer")
