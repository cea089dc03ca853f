from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")

from services.retrainer import dataset, networks  # noqa: E402
from services.retrainer.fit import Recipe, fit  # noqa: E402
from shared.errors import ConfigurationError  # noqa: E402
from tests.unit.services.retrainer.pictures import SPEC, write_dataset  # noqa: E402

torch.set_num_threads(1)  # on tensors this small, threads mostly wait for each other

RECIPE = Recipe(arch="cifake-cnn", epochs=4, batch=32)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return dataset.load(write_dataset(tmp_path_factory.mktemp("data")), SPEC)


def train(data, checkpoint, *, recipe=RECIPE, lines=None, seconds=float("inf"), resume=False):
    torch.manual_seed(recipe.seed)
    network = networks.build(recipe.arch)
    say = (lines if lines is not None else []).append
    progress = fit(network, data, recipe, checkpoint=checkpoint, say=say, seconds=seconds, resume=resume)
    return network.state_dict(), progress


def test_a_resumed_run_gives_the_same_bits_as_one_that_was_not_interrupted(data, tmp_path):
    whole, progress = train(data, tmp_path / "whole.pt")
    _, interrupted = train(data, tmp_path / "cut.pt", seconds=0.0001)
    resumed, resumed_progress = train(data, tmp_path / "cut.pt", resume=True)
    assert interrupted.epoch == 1
    assert progress.epoch == resumed_progress.epoch == 4
    assert progress.best_loss == resumed_progress.best_loss
    assert whole.keys() == resumed.keys()
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


def test_another_seed_gives_other_weights(data, tmp_path):
    one, _ = train(data, tmp_path / "one.pt", recipe=replace(RECIPE, epochs=1))
    other, _ = train(data, tmp_path / "other.pt", recipe=replace(RECIPE, epochs=1, seed=1))
    assert not torch.equal(one["head.5.weight"], other["head.5.weight"])


def test_training_learns_to_tell_the_classes_apart(data, tmp_path):
    lines = []
    _, progress = train(data, tmp_path / "run.pt", lines=lines)
    assert progress.best_loss < 0.3
    assert len(lines) == 4
    assert lines[-1].startswith("epoch  4/4")


def test_a_run_ends_after_some_epochs_without_a_better_one(data, tmp_path):
    _, progress = train(data, tmp_path / "run.pt", recipe=replace(RECIPE, learning_rate=0.0, epochs=9, patience=2))
    assert progress.epoch == progress.best_epoch + 2 < 9


def test_resuming_without_a_checkpoint_begins_anew(data, tmp_path):
    _, progress = train(data, tmp_path / "none.pt", recipe=replace(RECIPE, epochs=1), resume=True)
    assert progress.epoch == 1


def test_a_checkpoint_of_another_recipe_is_refused(data, tmp_path):
    train(data, tmp_path / "run.pt", recipe=replace(RECIPE, epochs=1))
    with pytest.raises(ConfigurationError, match="another recipe or other data"):
        train(data, tmp_path / "run.pt", resume=True)


def test_a_checkpoint_of_other_data_is_refused(data, tmp_path):
    train(data, tmp_path / "run.pt")
    with pytest.raises(ConfigurationError, match="another recipe or other data"):
        train(replace(data, sha256="0" * 64), tmp_path / "run.pt", resume=True)
