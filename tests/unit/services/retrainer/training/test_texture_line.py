import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("sklearn")

from services.retrainer.fitting.slice import Slice  # noqa: E402
from services.retrainer.training import windows  # noqa: E402
from services.retrainer.training.texture_line import counted, fitted  # noqa: E402
from services.retrainer.training.windows import LOOKS  # noqa: E402


def pictures(n=5):
    return [np.random.default_rng(seed).integers(0, 256, (60, 60, 3), np.uint8) for seed in range(n)]


def count(slice_, *, data="a" * 64, seed=0):
    return counted(pictures(), 48, data=data, seed=seed, slice_=slice_)


@pytest.fixture
def slice_of(tmp_path):
    def make(**options):
        return Slice(run=tmp_path, say=lambda line: None, **options)

    return make


def test_every_picture_is_counted_in_several_looks_that_depend_on_its_place_alone(slice_of):
    statistics = count(slice_of())
    assert statistics.shape[:2] == (5, LOOKS)
    again = count(slice_of())
    assert np.array_equal(statistics, again)
    assert not np.array_equal(statistics, count(slice_of(), seed=1))


def test_a_slice_without_time_gives_nothing_and_the_next_goes_on_where_it_stopped(slice_of, monkeypatch):
    monkeypatch.setattr(windows, "CHUNK", 2)
    whole = count(slice_of())
    last = max(slice_of().run.glob("texture-*/*.npy"))
    last.unlink()
    assert count(slice_of(until=0.0, resume=True)) is None
    assert np.array_equal(count(slice_of(resume=True)), whole)


def test_what_was_counted_of_other_data_is_never_taken(slice_of):
    count(slice_of())
    assert count(slice_of(until=0.0, resume=True), data="b" * 64) is None


def test_the_line_finds_what_tells_the_classes_apart():
    random = np.random.default_rng(0)
    labels = np.arange(200).astype(np.uint8) % 2
    owners = np.array([f"{label}-{index % 7}" for index, label in enumerate(labels)])
    statistics = random.normal(0, 1, (200, 2, 6)).astype(np.float32)
    statistics[:, :, 2] += 4 * labels[:, None]
    line = fitted(statistics, labels, owners)
    assert line.head.weight.argmax() == 2
    logits = line(torch.from_numpy(statistics[:, 0])).detach().numpy()
    assert ((logits > 0) == labels).mean() > 0.8


def test_an_owner_with_many_pictures_weighs_as_much_as_one_with_few():
    """The large collection of people's pictures looks as AI does; nine small ones do not."""
    few = [(0, f"small-{index}", 0.0) for index in range(9) for _ in range(2)]
    rows = [(0, "large", 1.0)] * 300 + few + [(1, f"ai-{index}", 1.0) for index in range(10) for _ in range(2)]
    labels = np.array([label for label, _, _ in rows], np.uint8)
    owners = np.array([owner for _, owner, _ in rows])
    statistics = np.array([value for _, _, value in rows], np.float32)[:, None, None]
    line = fitted(statistics, labels, owners)
    assert line(torch.tensor([[1.0]])) > 0 > line(torch.tensor([[0.0]]))


def test_a_statistic_that_never_varies_does_not_count_rounding():
    statistics = np.full((40, 1, 1), 0.5, np.float32)
    line = fitted(statistics, np.arange(40).astype(np.uint8) % 2, np.arange(40).astype(str))
    assert abs(line(torch.tensor([[0.5 + 1e-6]])) - line(torch.tensor([[0.5]]))) < 1e-4
