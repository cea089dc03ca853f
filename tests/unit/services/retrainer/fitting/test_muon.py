import pytest

torch = pytest.importorskip("torch")

from services.retrainer.fitting.muon import Muon, orthogonal  # noqa: E402


@pytest.mark.parametrize("shape", [(8, 8), (4, 20), (20, 4)])
def test_all_directions_of_a_step_weigh_about_the_same(shape):
    torch.manual_seed(0)
    skewed = torch.randn(shape) * torch.logspace(0, -1, shape[1])
    values = torch.linalg.svdvals(orthogonal(skewed))
    assert values.min() > 0.4
    assert values.max() < 1.4


def test_it_finds_the_filter_that_made_the_data():
    torch.manual_seed(0)
    wanted = torch.randn(4, 3, 3, 3) / 5
    pictures = torch.randn(64, 3, 8, 8)
    weight = torch.zeros_like(wanted, requires_grad=True)
    optimizer = Muon([weight], lr=0.02)
    convolve = torch.nn.functional.conv2d
    for _ in range(150):
        optimizer.zero_grad()
        (convolve(pictures, weight) - convolve(pictures, wanted)).square().mean().backward()
        optimizer.step()
    assert (weight - wanted).abs().max() < 0.05


def test_weight_decay_shrinks_what_has_no_gradient():
    weight = torch.ones(4, 4, requires_grad=True)
    weight.grad = torch.zeros(4, 4)
    Muon([weight], lr=0.1, weight_decay=0.5).step()
    assert torch.allclose(weight, torch.full((4, 4), 0.95))
