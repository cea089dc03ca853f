"""A detector that is brought gives, under the contract, what it gave before."""

import json

import numpy as np
import onnx
import pytest

from services.retrainer.bring import graph as graphs
from services.retrainer.bring.version import bring, card_of
from shared.errors import ConfigurationError, ModelRefused
from shared.scoring.card import CARD_KEY
from shared.scoring.session import Model
from tests import foreign

PIXELS = np.random.default_rng(0).integers(0, 256, (5, foreign.SIDE, foreign.SIDE, 3), np.uint8)
PLAIN = {"scale": "0..255", "mean": [0, 0, 0], "std": [1, 1, 1]}


@pytest.fixture
def bringing(tmp_path):
    """Brings a graph under a card; `graph` and `preprocess` are what is other than usual."""

    def bring_it(*, graph=None, preprocess=None, **changed):
        file = foreign.graph(tmp_path / "detector.onnx", **(graph or {}))
        card = foreign.card(tmp_path / "card.yaml", preprocess=preprocess, **changed)
        return bring(file, card, tmp_path / "out")

    return bring_it


def scored(brought):
    return Model.load(brought.directory, provider="cpu", threads=1).score(PIXELS).logits


def prepared(pixels=PIXELS):
    return (pixels / 255 - np.array([0.4, 0.5, 0.6])) / np.array([0.2, 0.25, 0.3])


def logits(classes=1, scale=1):
    return foreign.logits(prepared(), classes, scale)


def log_odds(ai, others):
    return np.log(np.exp(ai).sum(1) / np.exp(others).sum(1))


@pytest.mark.parametrize(
    ("graph", "output", "expected"),
    [
        ({}, {"kind": "logit"}, lambda: logits()[:, 0]),
        ({}, {"kind": "logit", "ai_class": 0}, lambda: -logits()[:, 0]),
        ({"last": "Sigmoid"}, {"kind": "probability"}, lambda: logits()[:, 0]),
        ({"last": "Sigmoid"}, {"kind": "probability", "ai_class": 0}, lambda: -logits()[:, 0]),
        ({"classes": 2}, {"kind": "class_logits", "ai_class": 1}, lambda: logits(2)[:, 1] - logits(2)[:, 0]),
        ({"classes": 2}, {"kind": "class_logits", "ai_class": 0}, lambda: logits(2)[:, 0] - logits(2)[:, 1]),
        ({"classes": 3}, {"kind": "class_logits", "ai_class": 2}, lambda: log_odds(logits(3)[:, 2:], logits(3)[:, :2])),
        (
            {"classes": 3},
            {"kind": "class_logits", "ai_class": [0, 2]},
            lambda: log_odds(logits(3)[:, [0, 2]], logits(3)[:, 1:2]),
        ),
        (
            {"classes": 3, "last": "Softmax"},
            {"kind": "class_probabilities", "ai_class": [1, 2]},
            lambda: log_odds(logits(3)[:, 1:], logits(3)[:, :1]),
        ),
    ],
)
@pytest.mark.parametrize("opset", [13, 18])
def test_each_kind_of_output_becomes_the_logit_of_ai(bringing, graph, output, expected, opset):
    brought = bringing(graph={**graph, "opset": opset}, output=output)
    assert scored(brought) == pytest.approx(expected(), abs=1e-5)


@pytest.mark.parametrize(
    ("graph", "preprocess", "expected"),
    [
        ({}, {"scale": "0..255", "mean": [100, 110, 120], "std": [50, 60, 70]}, lambda: _as(110, 60, 100, 50, 120, 70)),
        ({}, {"mean": [0, 0, 0], "std": [1, 1, 1]}, lambda: PIXELS / 255),
        ({"layout": "NHWC"}, {"layout": "NHWC"}, prepared),
        ({}, {"channels": "BGR"}, lambda: prepared(PIXELS[..., ::-1])),
        ({"of_bytes": True}, PLAIN, lambda: PIXELS.astype(float)),
        (
            {"of_bytes": True, "layout": "NHWC"},
            {**PLAIN, "layout": "NHWC", "channels": "BGR"},
            lambda: PIXELS[..., ::-1],
        ),
    ],
    ids=["0 to 255", "no mean", "NHWC", "BGR", "bytes", "bytes, NHWC, BGR"],
)
def test_pixels_are_prepared_as_the_card_says(bringing, graph, preprocess, expected):
    found = scored(bringing(graph=graph, preprocess=preprocess))
    assert found == pytest.approx(foreign.logits(expected(), 1)[:, 0], rel=1e-5, abs=1e-5)


def _as(green_mean, green_std, red_mean, red_std, blue_mean, blue_std):
    return (PIXELS - np.array([red_mean, green_mean, blue_mean])) / np.array([red_std, green_std, blue_std])


@pytest.mark.parametrize("opset", [7, 8, 11, 21])
def test_old_and_new_opsets_are_brought(bringing, opset):
    assert scored(bringing(graph={"opset": opset})) == pytest.approx(logits()[:, 0], abs=1e-5)


@pytest.mark.parametrize("batch", [1, 4])
def test_a_batch_that_is_fixed_in_name_only_is_freed(bringing, batch):
    assert scored(bringing(graph={"batch": batch})) == pytest.approx(logits()[:, 0], abs=1e-5)


@pytest.mark.parametrize("batch", [1, "N"])
def test_a_batch_that_is_built_in_is_refused_with_the_way_to_free_it(bringing, batch):
    with pytest.raises(ModelRefused, match=r"no other number of pictures.*dynamic_axes"):
        bringing(graph={"batch": batch, "inside": "one"})


def test_a_graph_in_which_pictures_mingle_is_refused(bringing):
    with pytest.raises(ModelRefused, match="depends on the pictures beside it"):
        bringing(graph={"inside": "beside"})


def test_answers_near_1_keep_their_differences_where_the_graph_ends_in_a_sigmoid(bringing):
    found = scored(bringing(graph={"last": "Sigmoid", "scale": 40}, output={"kind": "probability"}))
    assert np.abs(found).max() > 20
    assert found == pytest.approx(logits(scale=40)[:, 0], abs=1e-3)


def test_other_probabilities_are_believed_up_to_one_in_ten_thousand(bringing):
    # HardSigmoid reaches 0 and 1.
    found = scored(bringing(graph={"last": "HardSigmoid", "scale": 40}, output={"kind": "probability"}))
    assert np.abs(found).max() == pytest.approx(np.log((1 - 1e-4) / 1e-4), abs=1e-2)


def test_class_probabilities_that_vanish_become_no_infinity(bringing):
    output = {"kind": "class_probabilities", "ai_class": 1}
    found = scored(bringing(graph={"classes": 2, "last": "Softmax", "scale": 300}, output=output))
    assert np.isfinite(found).all()
    assert np.abs(found).max() > 60


def test_the_version_is_whole_and_says_what_was_brought(bringing, tmp_path):
    brought = bringing()
    assert brought.directory == tmp_path / "out" / "100.0.0"
    assert sorted(file.name for file in brought.directory.iterdir()) == [
        "card.json",
        "card.md",
        "golden.npz",
        "manifest.json",
        "metrics.json",
        "model.onnx",
    ]
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["100.0.0"]
    card = card_of(brought.directory)
    assert card == brought.card
    assert card["parameters"] == 4
    assert card["brought"]["file"] == "detector.onnx"
    assert card["brought"]["preprocess"]["mean"] == [0.4, 0.5, 0.6]
    with np.load(brought.directory / "golden.npz") as golden:
        assert np.ptp(golden["logit"]) > 0.1


def test_the_same_file_and_card_give_the_same_bytes(bringing, tmp_path):
    first = bringing()
    before = {file.name: file.read_bytes() for file in first.directory.iterdir()}
    first.directory.rename(tmp_path / "first")
    assert {file.name: file.read_bytes() for file in bringing().directory.iterdir()} == before


def test_what_the_file_said_of_itself_before_is_gone(tmp_path):
    file = foreign.graph(tmp_path / "detector.onnx")
    model = onnx.load(file)
    onnx.helper.set_model_props(model, {"path": "/home/somebody", CARD_KEY: "{}"})
    onnx.save(model, file)
    brought = bring(file, foreign.card(tmp_path / "card.yaml"), tmp_path / "out")
    [entry] = onnx.load(brought.directory / "model.onnx").metadata_props
    assert json.loads(entry.value) == brought.card


def test_weights_in_a_file_beside_become_part_of_the_one(tmp_path):
    file = foreign.graph(tmp_path / "detector.onnx", external=True)
    brought = bring(file, foreign.card(tmp_path / "card.yaml"), tmp_path / "out")
    (tmp_path / "weights.bin").unlink()
    assert scored(brought) == pytest.approx(logits()[:, 0], abs=1e-5)
    with pytest.raises(FileNotFoundError, match=r"weights\.bin"):
        bring(file, foreign.card(tmp_path / "card.yaml", version="100.0.1"), tmp_path / "out")


def test_more_weights_than_one_file_can_hold_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(graphs, "LARGEST_BYTES", 1000)
    file = foreign.graph(tmp_path / "detector.onnx", external=True)
    (tmp_path / "weights.bin").write_bytes(bytes(2000))
    with pytest.raises(ModelRefused, match="one ONNX file holds at most 1,000"):
        bring(file, foreign.card(tmp_path / "card.yaml"), tmp_path / "out")


@pytest.mark.parametrize(
    ("graph", "changed", "said"),
    [
        ({}, {"preprocess": {"size": 16}}, r"takes \?×3×8×8, the card says N×3×16×16: mend preprocess.size"),
        ({"layout": "NHWC"}, {}, r"preprocess\.layout"),
        ({"of_bytes": True}, {}, r"takes bytes: preprocess\.scale must be 0\.\.255"),
        ({"inside": "twice"}, {}, r"output\.name is missing: the graph's outputs are answer, mean"),
        ({"inside": "twice"}, {"output": {"kind": "logit", "name": "x"}}, r"output\.name x is not there"),
        ({"classes": 2}, {}, r"gives 2 numbers for a picture, so output\.kind is no logit"),
        ({}, {"output": {"kind": "class_logits", "ai_class": 0}}, r"gives 1 numbers: output\.ai_class"),
        ({"classes": 2}, {"output": {"kind": "class_logits", "ai_class": 2}}, r"output\.ai_class must name"),
        ({"classes": 2}, {"output": {"kind": "class_logits", "ai_class": [1, 5]}}, r"output\.ai_class names 5"),
        ({"classes": 2}, {"output": {"kind": "class_logits", "ai_class": [0, 1]}}, r"must name some of 0 to 1"),
        ({"last": "Sigmoid"}, {}, "ends in a sigmoid, so its output is no logit: mend output.kind: probability"),
        (
            {"classes": 2, "last": "Softmax"},
            {"output": {"kind": "class_logits", "ai_class": 1}},
            "ends in a softmax.*class_probabilities",
        ),
        ({}, {"output": {"kind": "probability"}}, "which no probability does"),
        ({"scale": 0}, {}, r"gives the same for 16 unlike pictures: mend preprocess\.scale"),
    ],
)
def test_a_card_that_does_not_fit_the_graph_is_refused_with_the_mend(bringing, tmp_path, graph, changed, said):
    with pytest.raises(ModelRefused, match=said):
        bringing(graph=graph, **changed)
    assert not list((tmp_path / "out").glob("*"))


@pytest.mark.parametrize("content", [b"", b"no graph", b"\x08\x08"])
def test_a_file_that_is_no_graph_is_refused(tmp_path, content):
    file = tmp_path / "detector.onnx"
    file.write_bytes(content)
    with pytest.raises(ModelRefused, match="is not an ONNX file"):
        bring(file, foreign.card(tmp_path / "card.yaml"), tmp_path / "out")


def test_half_precision_is_refused_with_the_mend(tmp_path):
    file = foreign.graph(tmp_path / "detector.onnx")
    model = onnx.load(file)
    model.graph.input[0].type.tensor_type.elem_type = onnx.TensorProto.FLOAT16
    onnx.save(model, file)
    with pytest.raises(ModelRefused, match=r"takes float16: export it in float32"):
        bring(file, foreign.card(tmp_path / "card.yaml"), tmp_path / "out")


def test_a_graph_with_a_second_input_is_refused(tmp_path):
    file = foreign.graph(tmp_path / "detector.onnx")
    model = onnx.load(file)
    model.graph.input.append(onnx.helper.make_tensor_value_info("mask", onnx.TensorProto.FLOAT, [1]))
    onnx.save(model, file)
    with pytest.raises(ModelRefused, match="takes pixels, mask: export one that takes the picture alone"):
        bring(file, foreign.card(tmp_path / "card.yaml"), tmp_path / "out")


def test_a_version_is_never_overwritten(bringing):
    bringing()
    with pytest.raises(ConfigurationError, match="never overwritten"):
        bringing()
