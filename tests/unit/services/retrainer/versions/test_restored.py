import json

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

from services.retrainer.versions.restored import restore  # noqa: E402
from shared import scoring  # noqa: E402
from shared.errors import ModelRefused  # noqa: E402
from shared.scoring.manifest import write_manifest  # noqa: E402
from tests.models import brightness  # noqa: E402
from tests.unit.services.retrainer.versions.made import SIDE, loaded, version  # noqa: E402


@pytest.mark.parametrize("texture", [False, True])
def test_the_restored_network_gives_what_the_served_file_gives(tmp_path, texture):
    directory = version(tmp_path, sets=False, texture=texture)
    pixels = np.random.default_rng(1).integers(0, 256, (6, SIDE, SIDE, 3), np.uint8)
    with torch.inference_mode():
        outputs = restore(directory)(torch.from_numpy(pixels))
    assert np.abs(loaded(directory).score(pixels).logits - outputs.logit.numpy()).max() < 1e-4


def test_the_shipped_version_can_be_restored_to_train_on():
    directory = scoring.shipped()[-1]
    with np.load(directory / "golden.npz") as golden, torch.inference_mode():
        logits = restore(directory)(torch.from_numpy(golden["pixels"])).logit.numpy()
        assert np.abs(logits - golden["logit"]).max() < 1e-4


def test_a_version_that_was_brought_says_what_it_lacks(tmp_path):
    with pytest.raises(ModelRefused, match=r"1\.0\.0 cannot be trained on: it has no training"):
        restore(brightness(tmp_path / "1.0.0"))


def test_weights_of_another_network_are_refused(tmp_path):
    directory = version(tmp_path, sets=False)
    card = json.loads((directory / "card.json").read_text())
    card["training"]["network"]["options"]["widths"] = [4, 8]
    (directory / "card.json").write_text(json.dumps(card))
    write_manifest(directory)
    with pytest.raises(ModelRefused, match="does not fit its card"):
        restore(directory)
