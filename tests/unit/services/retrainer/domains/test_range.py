import numpy as np
import pytest
from safetensors.numpy import save_file

from services.retrainer.domains.fit import fit_left_out
from services.retrainer.domains.range import LEARNT, measured, reach_of
from tests.unit.services.retrainer.domains.made import SIZE, rows


def test_about_one_in_a_hundred_pictures_of_owners_left_out_is_unfamiliar():
    given = rows(owners=10, each=20)
    left_out = fit_left_out(given)
    range_ = measured(left_out, given.vectors, given.owners, np.full(SIZE, 1 / SIZE, np.float32))
    others = rows(owners=10, each=20, seed=1)
    far = range_.distances(left_out.parts[0].standard(others.vectors)) > range_.farthest
    assert 0 < far.mean() < 0.05
    strange = left_out.parts[0].standard(others.vectors + 30)
    assert (range_.distances(strange) > range_.farthest).all()


def test_what_a_network_learnt_counts_less_than_fixed_statistics(tmp_path):
    save_file({"standard.centre": np.zeros(4, np.float32)}, tmp_path / "model.safetensors")
    reach = reach_of(tmp_path, 6)
    assert reach.sum() == pytest.approx(1)
    assert (reach[:2] / reach[2:4]).tolist() == pytest.approx([LEARNT, LEARNT])


def test_without_fixed_statistics_all_numbers_count_alike(tmp_path):
    save_file({"head.weight": np.zeros((1, 6), np.float32)}, tmp_path / "model.safetensors")
    assert reach_of(tmp_path, 6).tolist() == pytest.approx([1 / 6] * 6)
