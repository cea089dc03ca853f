import io

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")

from services.retrainer.fitting.jpeg_torch import CHROMA, LUMA, jpeg, table  # noqa: E402
from tests.unit.services.retrainer.fitting.scenes import photograph  # noqa: E402

QUALITIES = (5, 30, 45, 60, 75, 90, 96)


def pillow(pixels, quality, subsampling):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality, subsampling=subsampling)
    return Image.open(file)


def ours(pixels, qualities, *, halved):
    pictures = torch.from_numpy(np.stack(pixels)).permute(0, 3, 1, 2).to(torch.float32)
    return jpeg(pictures, torch.tensor(qualities), halved=halved).permute(0, 2, 3, 1).numpy()


@pytest.mark.parametrize("quality", QUALITIES)
def test_the_tables_are_those_that_libjpeg_writes(quality):
    written = pillow(photograph(16, 16), quality, 0).quantization
    for number, base in enumerate((LUMA, CHROMA)):
        assert table(base, torch.tensor([quality])).flatten().tolist() == written[number]


@pytest.mark.parametrize("subsampling", [0, 2])
@pytest.mark.parametrize("sides", [(104, 104), (64, 88), (37, 51)])
def test_a_picture_comes_back_as_libjpeg_gives_it(sides, subsampling):
    pixels = [photograph(*sides, seed) for seed in range(len(QUALITIES))]
    found = ours(pixels, QUALITIES, halved=subsampling == 2)
    for picture, quality, got in zip(pixels, QUALITIES, found, strict=True):
        wanted = np.asarray(pillow(picture, quality, subsampling).convert("RGB")).astype(float)
        assert np.abs(got - wanted).mean() < 0.02 * np.abs(picture - wanted).mean() + 0.4, quality
        assert np.mean(np.abs(got - wanted) > 2) < 0.03, quality


def test_a_picture_is_compressed_alike_whichever_stand_beside_it():
    pixels = [photograph(64, 64, seed) for seed in range(3)]
    together = ours(pixels, (50, 70, 90), halved=True)
    alone = [ours([one], [quality], halved=True)[0] for one, quality in zip(pixels, (50, 70, 90), strict=True)]
    assert np.array_equal(together, np.stack(alone))
