import pytest

torch = pytest.importorskip("torch")

from services.retrainer import networks  # noqa: E402
from services.retrainer.networks.cost import macs  # noqa: E402


def test_the_multiplications_of_a_small_network_are_those_on_paper():
    network = networks.build("cifake-cnn")
    convolutions = 32 * 32 * 32 * 27 + 16 * 16 * 32 * 32 * 9
    assert macs(network, 32) == convolutions + 2048 * 64 + 64


def test_a_residual_network_of_18_layers_has_its_published_cost():
    assert macs(networks.build("resnet"), 224) == pytest.approx(1.814e9, rel=1e-3)


class Attention(torch.nn.Module):
    """Two heads of 8 channels; every pixel of a 4 px picture is a token."""

    def forward(self, pixels):
        tokens = pixels.float().reshape(1, 2, -1, 1).expand(1, 2, -1, 8)[:, :, :16]
        return torch.nn.functional.scaled_dot_product_attention(tokens, tokens, tokens).sum((1, 2, 3))


def test_attention_counts():
    assert macs(Attention(), 4) == 2 * 2 * 16 * 16 * 8
