"""Grad-CAM from an ONNX file alone, against automatic differentiation on the network that it was exported from."""

import io

import numpy as np
import onnx
import pytest

torch = pytest.importorskip("torch")

from services.retrainer import networks  # noqa: E402
from services.retrainer.evaluation import run  # noqa: E402
from services.retrainer.networks.gradcam import gradcam  # noqa: E402
from services.retrainer.robustness import sensitivity, sensitivity_page  # noqa: E402
from services.retrainer.robustness.graph_cam import GraphCam, of_version  # noqa: E402
from services.retrainer.versions.export import export  # noqa: E402
from shared import scoring  # noqa: E402
from shared.domain.job import Lane  # noqa: E402
from shared.errors import ConfigurationError  # noqa: E402
from tests.models import brightness  # noqa: E402
from tests.unit.services.retrainer.robustness.made import sharp_and_soft  # noqa: E402
from tests.unit.services.retrainer.versions.test_export import CARD  # noqa: E402

SIDE = 32


@pytest.fixture
def pixels():
    return np.random.default_rng(3).integers(0, 256, (4, SIDE, SIDE, 3), np.uint8)


@pytest.mark.parametrize("arch", ["cifake-cnn", "resnet", "cbam-resnet"])
def test_it_is_that_of_the_network(arch, pixels, tmp_path):
    torch.manual_seed(1)
    network = networks.build(arch, side=SIDE).eval()
    card = {**CARD, "input": {"width": SIDE, "height": SIDE, "resample": "bicubic"}, "version": "1.0.0"}
    export(network, card, {}, tmp_path, probe=pixels)
    drawn, expected = of_version(tmp_path)(pixels), gradcam(network, pixels)
    assert drawn.shape == expected.shape
    assert drawn.dtype == np.float32
    for own, other in zip(drawn, expected, strict=True):
        assert np.corrcoef(own.ravel(), other.ravel())[0, 1] > 0.99
        assert np.abs(own).max() == pytest.approx(np.abs(other).max(), rel=0.1)


def test_a_graph_without_a_feature_map_is_said():
    node = onnx.helper.make_node("ReduceMean", ["pixels"], ["logit"])
    tensors = [onnx.helper.make_tensor_value_info(name, 1, ["n", 8, 8, 3]) for name in ("pixels", "logit")]
    model = onnx.helper.make_model(onnx.helper.make_graph([node], "none", tensors[:1], tensors[1:]))
    file = io.BytesIO()
    onnx.save(model, file)
    with pytest.raises(ConfigurationError, match="more than one position"):
        GraphCam(file.getvalue())


def test_a_shipped_version_that_draws_no_map_gets_one_for_the_studies_alone(pixels):
    from PIL import Image

    oldest = scoring.shipped()[0].name
    images = [Image.fromarray(each) for each in pixels]
    plain, mapped = run.load(oldest, Lane.BULK), run.load(oldest, Lane.BULK, maps=True)
    assert (plain.by_cam, mapped.by_cam) == (False, True)
    assert plain.score(images).maps is None
    scored = mapped.score(images)
    assert [each.shape for each in scored.maps] == [(8, 8)] * 4
    measured = sensitivity.measure([mapped], sharp_and_soft(2), base="raw", shown=2)
    page = sensitivity_page.section(measured)
    assert "are Grad-CAM" in page.html
    assert "no map" not in page.html
    assert np.array_equal(scored.probabilities, plain.score(images).probabilities)


def test_one_that_draws_its_own_keeps_it(tmp_path, pixels):
    directory = brightness(tmp_path / "2.0.0")
    assert not run.load(str(directory), Lane.BULK, maps=True).by_cam
