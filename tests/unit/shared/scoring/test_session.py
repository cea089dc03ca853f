import json
import os
import shutil
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest

from shared import scoring
from shared.domain.job import Lane
from shared.errors import ConfigurationError, ModelRefused, Outage, Unscorable
from shared.scoring.card import CARD_KEY
from shared.scoring.manifest import write_manifest
from shared.scoring.picture import Picture
from shared.scoring.session import Model

SHIPPED = sorted(scoring.SHIPPED.iterdir())
CARD = {
    "name": "tiny",
    "version": "1.0.0",
    "input": {"width": 4, "height": 4, "resample": "bicubic"},
    "calibration": {"temperature": 2.0, "bias": 0.5},
    "thresholds": {"likely_human": 0.2, "likely_ai": 0.8},
    "range": {"min_side": 4, "max_side": 4, "statement": "Only 4 × 4 px."},
}


def load(directory):
    return Model.load(directory, provider="cpu", threads=1)


@pytest.fixture
def version(tmp_path):
    """A copy of the shipped version, to be damaged."""
    return Path(shutil.copytree(SHIPPED[-1], tmp_path / "version"))


@pytest.mark.parametrize("directory", SHIPPED, ids=lambda directory: directory.name)
def test_a_shipped_version_loads_and_gives_its_golden_outputs(directory):
    model = load(directory)
    with np.load(directory / "golden.npz") as golden:
        scores = model.score(golden["pixels"])
        assert np.abs(scores.logits - golden["logit"]).max() < 1e-3
    assert model.card.version == directory.name
    assert model.sha256 == json.loads((directory / "manifest.json").read_text())["files"]["model.onnx"]
    assert sum(file.stat().st_size for file in directory.iterdir()) < 10_000_000


def test_one_image_scores_the_same_alone_and_in_a_batch(version):
    model = load(version)
    pixels = np.random.default_rng(0).integers(
        0, 256, (5, model.card.input.height, model.card.input.width, 3), np.uint8
    )
    alone = np.concatenate([model.score(pixels[i : i + 1]).probabilities for i in range(5)])
    assert np.allclose(model.score(pixels).probabilities, alone, atol=1e-6)


@pytest.mark.parametrize("name", ["model.onnx", "card.json", "golden.npz", "metrics.json"])
def test_a_tampered_file_is_refused(version, name):
    content = bytearray((version / name).read_bytes())
    content[len(content) // 2] ^= 1
    (version / name).write_bytes(content)
    with pytest.raises(ModelRefused, match=f"{name} is not the file"):
        load(version)


@pytest.mark.parametrize("name", ["model.onnx", "card.json", "golden.npz"])
def test_a_version_without_one_of_its_files_is_refused(version, name):
    (version / name).unlink()
    write_manifest(version)
    with pytest.raises(ModelRefused, match=f"{name} is not in the manifest"):
        load(version)


@pytest.mark.parametrize("name", ["model.onnx", "golden.npz"])
def test_a_damaged_file_is_refused_although_the_manifest_fits(version, name):
    (version / name).write_bytes(b"not such a file")
    write_manifest(version)
    with pytest.raises(ModelRefused, match=name):
        load(version)


def test_a_card_other_than_the_one_inside_the_model_is_refused(version):
    card = json.loads((version / "card.json").read_text())
    card["prior"] += 0.1
    (version / "card.json").write_text(json.dumps(card))
    write_manifest(version)
    with pytest.raises(ModelRefused, match="not the card inside the ONNX file"):
        load(version)


def with_golden(version, **arrays):
    np.savez(version / "golden.npz", **arrays)
    write_manifest(version)
    return version


def test_a_model_that_misses_its_golden_outputs_is_refused(version):
    with np.load(version / "golden.npz") as archive:
        golden = dict(archive)
    golden["logit"][3] += 0.01
    with pytest.raises(ModelRefused, match="does not give the logit"):
        load(with_golden(version, **golden))


@pytest.mark.parametrize(
    "golden",
    [
        {"pixels": np.zeros((2, 32, 32, 3), np.uint8)},
        {"logit": np.zeros(2, np.float32)},
        {"pixels": np.zeros((2, 16, 16, 3), np.uint8), "logit": np.zeros(2, np.float32)},
        {"pixels": np.zeros((0, 32, 32, 3), np.uint8), "logit": np.zeros(0, np.float32)},
    ],
    ids=["no logits", "no pixels", "another size", "no images"],
)
def test_golden_outputs_that_prove_nothing_are_refused(version, golden):
    with pytest.raises(ModelRefused):
        load(with_golden(version, **golden))


@pytest.mark.parametrize(
    "pixels", [np.zeros((1, 31, 32, 3), np.uint8), np.zeros((1, 32, 32, 3), np.float32)], ids=["size", "dtype"]
)
def test_pixels_that_do_not_fit_the_card_are_the_callers_error(version, pixels):
    with pytest.raises(ValueError, match="pixels are"):
        load(version).score(pixels)


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # Python 3.12, where a thread runs
def test_a_model_refuses_to_score_in_a_forked_child(version):
    model = load(version)
    child = os.fork()
    if child == 0:
        try:
            model.score(np.zeros((1, 32, 32, 3), np.uint8))
        except RuntimeError:
            os._exit(7)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


def test_a_provider_that_is_not_there_is_a_wrong_setting(version):
    if "CUDAExecutionProvider" in ort.get_available_providers():
        pytest.skip("this ONNX Runtime has CUDA")
    with pytest.raises(ConfigurationError, match="JINWI_ONNX_PROVIDER is cuda"):
        Model.load(version, provider="cuda", threads=1)


def tiny_version(directory, *, kind="UINT8", side=4, logit="logit", maps=False, embeds=0, stated=None, batch="N"):
    """The mean over each picture's 4 × 4 px, and where asked for each pixel's and each channel's mean, as a version
    directory; its card states an embedding of `stated` numbers.
    """
    onnx = pytest.importorskip("onnx")
    helper, number = onnx.helper, onnx.TensorProto
    nodes = [
        helper.make_node("Cast", ["pixels"], ["float"], to=number.FLOAT),
        helper.make_node("ReduceMean", ["float"], [logit], axes=[1, 2, 3], keepdims=0),
    ]
    outputs = [helper.make_tensor_value_info(logit, number.FLOAT, [batch])]
    pixels = np.arange(2 * 4 * 4 * 3, dtype=np.uint8).reshape(2, 4, 4, 3)
    golden = {"pixels": pixels, "logit": pixels.mean((1, 2, 3), dtype=np.float32)}
    if maps:
        nodes.append(helper.make_node("ReduceMean", ["float"], ["map"], axes=[3], keepdims=0))
        outputs.append(helper.make_tensor_value_info("map", number.FLOAT, [batch, 4, 4]))
        golden["map"] = pixels.mean(3, dtype=np.float32)
    if embeds:
        nodes.append(helper.make_node("ReduceMean", ["float"], ["embedding"], axes=[1, 2], keepdims=0))
        outputs.append(helper.make_tensor_value_info("embedding", number.FLOAT, [batch, embeds]))
        golden["embedding"] = pixels.mean((1, 2), dtype=np.float32)
    card = CARD if stated is None else {**CARD, "embedding": {"size": stated}}
    inputs = [helper.make_tensor_value_info("pixels", getattr(number, kind), [batch, side, 4, 3])]
    model = helper.make_model(
        helper.make_graph(nodes, "tiny", inputs, outputs), opset_imports=[helper.make_opsetid("", 17)], ir_version=8
    )
    helper.set_model_props(model, {CARD_KEY: json.dumps(card)})
    onnx.save(model, directory / "model.onnx")
    (directory / "card.json").write_text(json.dumps(card))
    return with_golden(directory, **golden), golden


def test_what_the_model_fails_on_is_blamed_while_it_gives_its_golden_outputs_and_the_model_else(tmp_path):
    pytest.importorskip("onnx")
    from tests.models import brightness, broken_session

    model = load(brightness(tmp_path / "version", breaks_on_white=True))
    grey, white = np.full((1, 16, 16, 3), 100, np.uint8), np.full((1, 16, 16, 3), 255, np.uint8)
    with pytest.raises(Unscorable, match=r"brightness 2\.0\.0 fails on this picture"):
        model.score(np.concatenate([grey, white]))
    assert model.score(grey).logits.shape == (1,)
    model._session = broken_session(tmp_path / "version")
    for pixels in (grey, white):
        with pytest.raises(Outage, match="indices element out of data bounds"):
            model.score(pixels)


def test_a_model_with_a_map_gives_it_beside_the_score(tmp_path):
    directory, golden = tiny_version(tmp_path, maps=True)
    scores = load(directory).score(golden["pixels"])
    assert np.allclose(scores.maps, golden["map"])
    assert np.allclose(scores.maps.mean((1, 2)), scores.logits)
    assert np.allclose(scores.probabilities, 1 / (1 + np.exp(-(golden["logit"] / 2 + 0.5))))


def test_a_model_without_a_map_gives_none(tmp_path):
    directory, golden = tiny_version(tmp_path)
    assert load(directory).score(golden["pixels"]).maps is None


def test_a_map_that_misses_its_golden_output_is_refused(tmp_path):
    directory, golden = tiny_version(tmp_path, maps=True)
    golden["map"][0, 0, 0] += 1
    with pytest.raises(ModelRefused, match="does not give the map"):
        load(with_golden(directory, **golden))


def test_a_pictures_embedding_comes_with_its_score_and_alone_when_asked(tmp_path):
    directory, golden = tiny_version(tmp_path, maps=True, embeds=3, stated=3)
    model = load(directory)
    one = Picture(pixels=golden["pixels"][:1], width=9, height=5, lane=Lane.BULK)
    assert model.embeds
    assert np.allclose(model.embed_pictures([one, one]), golden["embedding"][[0, 0]])
    assert all(np.allclose(score.embedding, golden["embedding"][0]) for score in model.score_pictures([one, one]))
    assert model.embed_pictures([]).shape == (0, 3)
    assert np.allclose(model.score(golden["pixels"]).maps, golden["map"])


def test_a_model_without_an_embedding_says_so_when_asked(tmp_path):
    directory, golden = tiny_version(tmp_path)
    model = load(directory)
    assert not model.embeds
    one = Picture(pixels=golden["pixels"][:1], width=4, height=4, lane=Lane.BULK)
    assert model.score_pictures([one])[0].embedding is None
    with pytest.raises(ConfigurationError, match=r"tiny 1\.0\.0 gives no embeddings"):
        model.embed_pictures([one])


@pytest.mark.parametrize("stated", [None, 2])
def test_an_embedding_of_another_size_than_the_card_says_is_refused(tmp_path, stated):
    directory, _ = tiny_version(tmp_path, embeds=3, stated=stated)
    with pytest.raises(ModelRefused, match=f"has 3 numbers, its card says {stated}"):
        load(directory)


def test_an_embedding_that_misses_its_golden_output_is_refused(tmp_path):
    directory, golden = tiny_version(tmp_path, embeds=3, stated=3)
    golden["embedding"] = golden["embedding"] * 1.1
    with pytest.raises(ModelRefused, match="does not give the embedding"):
        load(with_golden(directory, **golden))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "FLOAT"}, r"pixels is tensor\(float\)"),
        ({"side": 8}, "its card says 4×4×3"),
        ({"logit": "score"}, "not pixels, logit and perhaps map, embedding"),
        ({"batch": 2}, "the first free"),
    ],
    ids=["dtype", "size", "name", "fixed batch"],
)
def test_a_model_that_breaks_the_contract_is_refused(tmp_path, change, message):
    directory, _ = tiny_version(tmp_path, **change)
    with pytest.raises(ModelRefused, match=message):
        load(directory)
