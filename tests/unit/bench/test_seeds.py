import json

import numpy as np
import pytest
import torch

from bench import seeds
from services.retrainer.fitting.fit import Fit

PIXELS = np.random.default_rng(0).integers(0, 256, (40, 1, 32, 32, 3), dtype=np.uint8)
LABELS = np.arange(40, dtype=np.uint8) % 2


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(seeds, "TRIAL", 0.05)


def trained(work):
    work.mkdir(exist_ok=True)
    return seeds._trained("cifake-cnn", PIXELS, LABELS, 0.002, work)


def test_an_interrupted_network_goes_on_where_it_was_and_ends_as_one_that_was_not(tmp_path, monkeypatch):
    whole, passes = trained(tmp_path / "whole")
    interrupted = tmp_path / "interrupted"
    interrupted.mkdir()
    (interrupted / "passes.json").write_text(json.dumps(passes))
    with monkeypatch.context() as patch:
        run = Fit.run
        patch.setattr(Fit, "run", lambda fit: run(fit, seconds=0))
        trained(interrupted)
    network, same = trained(interrupted)
    assert same == passes
    for name, weight in whole.state_dict().items():
        assert torch.equal(weight, network.state_dict()[name]), name


def test_a_network_that_was_measured_is_not_trained_again(tmp_path, monkeypatch):
    row = {"name": "resnet", "passes": 3.0}
    (tmp_path / "resnet").mkdir()
    (tmp_path / "resnet" / "row.json").write_text(json.dumps(row))
    monkeypatch.setattr(seeds, "folds", lambda dataset, count, seed: np.zeros(len(dataset), int))
    assert list(seeds._measured(LABELS, ["resnet"], 30, tmp_path)) == [row]
