import json

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from services.retrainer.data.split import official  # noqa: E402
from services.retrainer.reproduce.parts import prepared  # noqa: E402
from services.retrainer.reproduce.search import DROPOUT, RATES, draws, search, table  # noqa: E402
from services.retrainer.reproduce.trials import Trial, Trials  # noqa: E402
from services.retrainer.sources import open_dataset  # noqa: E402
from shared.errors import ConfigurationError  # noqa: E402
from tests.unit.services.retrainer.reproduce import made  # noqa: E402

torch.set_num_threads(1)  # on tensors this small, threads mostly wait for each other

TRIAL = Trial(name="one", arch="cifake-cnn", options={"filters": 2, "dense": 4}, learning_rate=0.02, passes=20)


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    split = official(open_dataset(made.cifake(tmp_path_factory.mktemp("data"))))
    return prepared(split.train, split.validation, split.test, side=32, store=tmp_path_factory.mktemp("store"))


def trials(folder, **settings):
    return Trials(folder, say=lambda _: None, **settings)


def test_a_trial_learns_and_is_one_line_of_the_log(parts, tmp_path):
    outcome = trials(tmp_path).outcome(TRIAL, parts)
    [record] = map(json.loads, (tmp_path / "log.jsonl").read_text().splitlines())
    assert outcome.test["accuracy"] > 0.8
    assert record["test"] == outcome.test
    assert record["options"] == {"filters": 2, "dense": 4}
    assert record["learning_rate"] == 0.02
    assert ((outcome.test_logits > 0) == parts.test.dataset.labels).mean() == outcome.test["accuracy"]


def test_a_trial_that_is_done_is_not_trained_again(parts, tmp_path):
    first = trials(tmp_path).outcome(TRIAL, parts)
    again = trials(tmp_path, seconds=0).outcome(TRIAL, parts)
    assert np.array_equal(first.test_logits, again.test_logits)
    assert len((tmp_path / "log.jsonl").read_text().splitlines()) == 1


def test_other_settings_are_another_trial(parts, tmp_path):
    trials(tmp_path).outcome(TRIAL, parts)
    other = Trial(name="one", arch="cifake-cnn", options={"filters": 3, "dense": 4}, passes=1)
    assert trials(tmp_path, seconds=0).outcome(other, parts) is None


def test_a_training_that_the_time_ended_goes_on_where_it_was(parts, tmp_path):
    cut = trials(tmp_path / "cut", seconds=1e-4)
    assert cut.outcome(TRIAL, parts) is None
    resumed = trials(tmp_path / "cut").outcome(TRIAL, parts)
    whole = trials(tmp_path / "whole").outcome(TRIAL, parts)
    assert np.array_equal(resumed.test_logits, whole.test_logits)


def test_the_network_of_a_trial_gives_its_logits(parts, tmp_path):
    kept = trials(tmp_path, weights=True)
    outcome = kept.outcome(TRIAL, parts)
    assert kept.has_network(TRIAL, parts)
    network = kept.network(TRIAL, parts)
    with torch.inference_mode():
        assert np.array_equal(network(torch.from_numpy(parts.test.pixels)).logit.numpy(), outcome.test_logits)


def test_a_trial_without_weights_has_no_network(parts, tmp_path):
    without = trials(tmp_path)
    without.outcome(TRIAL, parts)
    assert not without.has_network(TRIAL, parts)


def test_pixels_are_those_that_serving_sees_and_are_decoded_once(parts, tmp_path):
    split = official(open_dataset(made.cifake(tmp_path / "data")))
    first = prepared(split.train, split.validation, split.test, side=16, store=tmp_path / "store")
    assert first.test.pixels.shape == (20, 16, 16, 3)
    files = {file: file.stat().st_mtime_ns for file in (tmp_path / "store").iterdir()}
    prepared(split.train, split.validation, split.test, side=16, store=tmp_path / "store")
    assert len(files) == 3
    assert {file: file.stat().st_mtime_ns for file in (tmp_path / "store").iterdir()} == files


def test_pictures_of_one_class_are_no_part(tmp_path):
    split = official(open_dataset(made.cifake(tmp_path / "data")))
    with pytest.raises(ConfigurationError, match="pictures to choose are not of both classes"):
        prepared(split.train, split.validation.where(split.validation.labels == 1), split.test, side=8, store=tmp_path)


def test_draws_lie_in_their_bounds_and_come_again_with_the_seed():
    drawn = list(draws(TRIAL, (16, 32), 40))
    assert drawn[:5] == list(draws(TRIAL, (16, 32), 5))
    assert all(RATES[0] <= trial.learning_rate <= RATES[1] for trial in drawn)
    assert all(DROPOUT[0] <= trial.options["dropout"] <= DROPOUT[1] for trial in drawn)
    assert {trial.options["filters"] for trial in drawn} == {16, 32}
    assert {trial.options["dense"] for trial in drawn} == {4}


def test_a_search_logs_each_trial_and_puts_the_best_in_validation_first(parts, tmp_path):
    base = Trial(name="", arch="cifake-cnn", options={"dense": 4}, passes=3)
    found = search(trials(tmp_path), parts, base, (2, 3), 3)
    accuracies = [outcome.validation["accuracy"] for outcome in found]
    assert accuracies == sorted(accuracies, reverse=True)
    assert len((tmp_path / "log.jsonl").read_text().splitlines()) == 3
    assert len(table(found).rows) == 3


def test_a_search_ends_with_its_time(parts, tmp_path):
    assert search(trials(tmp_path, seconds=0), parts, TRIAL, (2, 3), 3) == []
