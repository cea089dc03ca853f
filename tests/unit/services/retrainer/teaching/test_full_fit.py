import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

from services.retrainer.teaching.full_fit import FullRecipe, fit_full  # noqa: E402
from tests.unit.services.retrainer.versions.made import samples, version  # noqa: E402

torch.set_num_threads(1)


def test_every_step_is_told_and_an_epoch_is_done_once_a_checkpoint_holds_it(tmp_path):
    champion, checkpoint, told = version(tmp_path, sets=False), tmp_path / "work" / "full.pt", []

    def heard(done, loss, seconds):
        assert loss > 0
        assert seconds > 0
        kept = torch.load(checkpoint, weights_only=True)["epochs"] if checkpoint.exists() else 0
        told.append((done, kept))

    recipe = FullRecipe(epochs=2, batch=8)
    fit_full(champion, samples(16), version="1.1.0", recipe=recipe, work=checkpoint.parent, heard=heard)
    assert told == [(0, 0)] * 3 + [(1, 1)] * 4 + [(2, 2)]
