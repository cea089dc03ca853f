import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from services.retrainer import networks  # noqa: E402
from services.retrainer.networks.gradcam import gradcam  # noqa: E402
from services.retrainer.networks.outputs import Outputs  # noqa: E402
from shared.errors import ConfigurationError  # noqa: E402
from tests.unit.services.retrainer.networks.toys import pictures  # noqa: E402


class CornerCnn(nn.Module):
    """A bright top left corner speaks for AI, a bright bottom right one for human: two channels find them."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 2, 1, bias=False)
        nn.init.constant_(self.first.weight, 1 / 3)
        self.second = nn.Conv2d(2, 2, 1, bias=False)
        self.second.weight.data = torch.eye(2).reshape(2, 2, 1, 1)
        self.head = nn.Linear(2, 1, bias=False)
        self.head.weight.data = torch.tensor([[1.0, -1.0]])

    def forward(self, pixels):
        where = torch.zeros(2, 32, 32)
        where[0, :8, :8] = where[1, -8:, -8:] = 1
        mapped = self.second(self.first(pixels.permute(0, 3, 1, 2) / 255) * where)
        brightness = torch.relu_(mapped)  # in place, as networks do
        return Outputs(logit=self.head(brightness.mean((2, 3))).squeeze(1))


BRIGHT = np.full((1, 32, 32, 3), 200, np.uint8)
TOP_LEFT, BOTTOM_RIGHT = np.s_[0, :8, :8], np.s_[0, -8:, -8:]


def test_what_speaks_for_ai_is_above_0_for_human_below_and_all_else_0():
    evidence = gradcam(CornerCnn(), BRIGHT)
    assert evidence.shape == (1, 32, 32)
    assert evidence.dtype == np.float32
    assert (evidence[TOP_LEFT] > 0).all()
    assert (evidence[BOTTOM_RIGHT] < 0).all()
    assert np.count_nonzero(evidence) == 2 * 64


def test_each_picture_has_its_own_map():
    dark = np.zeros_like(BRIGHT)
    evidence = gradcam(CornerCnn(), np.concatenate([BRIGHT, dark]))
    assert np.array_equal(evidence[:1], gradcam(CornerCnn(), BRIGHT))
    assert not evidence[1].any()


def test_a_frozen_network_can_be_asked_and_stays_as_it_was():
    network = CornerCnn().requires_grad_(False)
    assert np.array_equal(gradcam(network, BRIGHT), gradcam(CornerCnn(), BRIGHT))
    assert all(weights.grad is None for weights in network.parameters())
    assert not network._forward_hooks
    assert not any(module._forward_hooks for module in network.modules())


def test_a_layer_can_be_named():
    evidence = gradcam(CornerCnn(), BRIGHT, layer="first")  # before the corners are told apart
    assert np.ptp(evidence) == 0


@pytest.mark.parametrize(
    ("name", "options", "shape"),
    [
        ("cifake-cnn", {}, (8, 8)),
        ("artbench-cnn", {"filters": 8}, (6, 6)),
        ("resnet", {"side": 32, "filters": 4}, (4, 4)),
        ("cbam-resnet", {"side": 32, "filters": 4}, (4, 4)),
    ],
)
def test_the_last_map_of_a_network_is_found(name, options, shape):
    network = networks.build(name, **options)
    pixels, _ = pictures(32, 2)
    evidence = gradcam(network, pixels)
    assert evidence.shape == (2, *shape)
    assert np.array_equal(evidence, gradcam(network, pixels, layer="features"))


def test_a_layer_that_is_not_there_is_named():
    with pytest.raises(ConfigurationError, match="no layer 'third'"):
        gradcam(CornerCnn(), BRIGHT, layer="third")


def test_a_layer_that_gives_no_map_cannot_be_asked():
    with pytest.raises(ConfigurationError, match="needs a map or tokens"):
        gradcam(CornerCnn(), BRIGHT, layer="head")


def test_a_network_without_a_map_inside_has_no_grad_cam():
    network = networks.build("aiornot-cnn", side=8, filters=2)
    gradcam(network, pictures(8, 2)[0])  # 2 × 2 positions, before the last pooling
    with pytest.raises(ConfigurationError, match="more than one position"):
        gradcam(nn.Sequential(nn.Flatten(), Float(), nn.Linear(192, 1), nn.Flatten(0)), pictures(8, 2)[0])


class Float(nn.Module):
    def forward(self, pixels):
        return pixels.float()


class WithMap(CornerCnn):
    def forward(self, pixels):
        logit = super().forward(pixels).logit
        return Outputs(logit=logit, map=logit[:, None, None])


def test_a_network_with_a_map_of_its_own_needs_none():
    with pytest.raises(ConfigurationError, match="map of its own"):
        gradcam(WithMap(), BRIGHT)
