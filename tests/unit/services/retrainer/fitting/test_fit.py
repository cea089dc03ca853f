from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from services.retrainer import networks  # noqa: E402
from services.retrainer.fitting.augment import Augmentation  # noqa: E402
from services.retrainer.fitting.fit import Fit, Recipe  # noqa: E402
from services.retrainer.fitting.stream import Ahead, Balanced, Passes  # noqa: E402
from services.retrainer.networks.outputs import Outputs  # noqa: E402
from shared.errors import ConfigurationError  # noqa: E402

torch.set_num_threads(1)  # on tensors this small, threads mostly wait for each other

RECIPE = Recipe(arch="jinwi-cnn-32", side=32, passes=2, batch=16)
SMALL = {"widths": (8, 8), "blocks": (1, 1), "statistics": 8}


def stream(seed=0):
    """Dark noise is human-made, bright noise AI-generated."""
    random = np.random.default_rng(1)
    labels = np.arange(96, dtype=np.uint8) % 2
    noise = random.normal(np.where(labels, 150, 100)[:, None, None, None], 40, (96, 32, 32, 3))
    return Passes(pixels=np.clip(noise, 0, 255).astype(np.uint8), labels=labels, batch_size=16, seed=seed)


def fit(checkpoint, *, recipe=RECIPE, data="noise", lines=None, watch=None):
    torch.manual_seed(recipe.seed)
    network = networks.build(recipe.arch, **SMALL)
    say = (lines if lines is not None else []).append
    return Fit(network, stream(recipe.seed), recipe, data=data, checkpoint=checkpoint, say=say, watch=watch)


def weights(trained):
    return trained.result().state_dict()


def test_slices_give_the_same_bits_as_one_long_run(tmp_path):
    short = replace(RECIPE, passes=0.5)
    whole = fit(tmp_path / "whole.pt", recipe=short)
    whole.run()
    slices = 0
    while True:
        cut = fit(tmp_path / "cut.pt", recipe=short)
        cut.resume()
        if cut.finished:
            break
        cut.run(seconds=0)
        slices += 1

    assert slices == whole.steps == 3
    assert all(torch.equal(tensor, weights(cut)[name]) for name, tensor in weights(whole).items())


def test_loaders_do_not_change_what_is_learned(tmp_path):
    here, beside = fit(tmp_path / "here.pt"), fit(tmp_path / "beside.pt")
    here.run()
    beside.run(loaders=2)

    assert all(torch.equal(tensor, weights(beside)[name]) for name, tensor in weights(here).items())


def test_another_seed_gives_other_weights(tmp_path):
    one, other = fit(tmp_path / "one.pt"), fit(tmp_path / "other.pt", recipe=replace(RECIPE, seed=1))
    one.run()
    other.run()

    assert not torch.equal(weights(one)["looks.stem.0.weight"], weights(other)["looks.stem.0.weight"])


@pytest.mark.parametrize("convolution_rate", [None, 0.02])
def test_the_loss_falls_with_either_optimizer(tmp_path, convolution_rate):
    trained = fit(tmp_path / "run.pt", recipe=replace(RECIPE, passes=8, convolution_rate=convolution_rate))
    trained.run()
    with torch.inference_mode():
        logits, *_ = trained.result()(torch.from_numpy(stream().pixels))

    assert ((logits.numpy() > 0) == stream().labels).mean() > 0.95


def test_the_result_is_a_copy_and_training_can_go_on(tmp_path):
    trained = fit(tmp_path / "run.pt")
    trained.run(seconds=0)
    before = weights(trained)
    trained.run()

    assert trained.finished
    assert not torch.equal(before["looks.stem.0.weight"], weights(trained)["looks.stem.0.weight"])


def test_it_says_how_far_it_is_and_what_is_watched(tmp_path):
    lines = []
    fit(tmp_path / "run.pt", lines=lines, watch=lambda _: "watched").run()

    assert lines.count("watched") == 12  # a tenth of 12 steps is one
    assert any(line.startswith("step     12/12  2.0 passes  loss 0.") for line in lines)


def test_a_checkpoint_of_another_recipe_or_other_data_is_refused(tmp_path):
    fit(tmp_path / "run.pt").run(seconds=0)
    for other in ({"recipe": replace(RECIPE, learning_rate=1e-4)}, {"data": "other"}):
        with pytest.raises(ConfigurationError, match="another recipe or other data"):
            fit(tmp_path / "run.pt", **other).resume()


def test_resuming_without_a_checkpoint_begins_anew(tmp_path):
    begun = fit(tmp_path / "none.pt")
    begun.resume()

    assert begun.progress.step == 0


def test_the_default_networks_checkpoints_stay_under_16_megabytes(tmp_path):
    for arch in ("jinwi-cnn", "jinwi-cnn-32"):
        big = Fit(
            networks.build(arch), stream(), replace(RECIPE, arch=arch), data="", checkpoint=tmp_path / arch, say=print
        )
        big.run(seconds=0)

        assert (tmp_path / arch).stat().st_size < 16_000_000


class Frozen(torch.nn.Module):
    """A head on a backbone that stays as it came."""

    def __init__(self):
        super().__init__()
        self.backbone = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.BatchNorm2d(8)).requires_grad_(False)
        self.head = torch.nn.Linear(8, 1)

    def forward(self, pixels):
        features = self.backbone.eval()(pixels.permute(0, 3, 1, 2) / 255)
        return Outputs(logit=self.head(features.mean((2, 3))).squeeze(1))


def frozen(checkpoint):
    torch.manual_seed(0)
    return Fit(Frozen(), stream(), replace(RECIPE, convolution_rate=None), data="", checkpoint=checkpoint, say=print)


def test_a_checkpoint_holds_nothing_of_a_backbone_that_stays_as_it_came(tmp_path):
    whole = frozen(tmp_path / "whole.pt")
    whole.run()
    frozen(tmp_path / "cut.pt").run(seconds=0)
    rest = frozen(tmp_path / "cut.pt")
    rest.resume()
    rest.run()

    assert set(torch.load(tmp_path / "cut.pt")["network"]) == {"head.weight", "head.bias"}
    assert all(torch.equal(tensor, weights(rest)[name]) for name, tensor in weights(whole).items())
    assert not torch.equal(weights(whole)["head.weight"], frozen(tmp_path / "new.pt").network.head.weight)


def planned(checkpoint):
    """Crops that the device makes, of blocks: human-made ones coarse, AI-generated ones fine."""
    random = np.random.default_rng(3)
    labels = np.arange(32, dtype=np.uint8) % 2
    sides = np.where(labels, 2, 12)
    pictures = [
        np.kron(random.integers(60, 200, (72 // side, 72 // side, 1)), np.ones((side, side, 3))).astype(np.uint8)
        for side in sides
    ]
    owners = np.array([f"{index}" for index in range(32)])
    shown = Balanced(
        pictures=pictures, labels=labels, owners=owners, side=32, batch_size=16, seed=0, augmentation=Augmentation()
    )
    torch.manual_seed(0)
    network = networks.build(RECIPE.arch, **SMALL)
    recipe = replace(RECIPE, passes=20)
    return Fit(network, Ahead(balanced=shown), recipe, data="", checkpoint=checkpoint, say=lambda _: None)


def test_a_network_learns_from_crops_that_the_device_makes_in_slices_and_with_loaders_alike(tmp_path):
    whole = planned(tmp_path / "whole.pt")
    whole.run()
    planned(tmp_path / "cut.pt").run(seconds=0)
    rest = planned(tmp_path / "cut.pt")
    rest.resume()
    rest.run(loaders=2)

    assert whole.progress.loss < 0.4
    assert all(torch.equal(tensor, weights(rest)[name]) for name, tensor in weights(whole).items())
