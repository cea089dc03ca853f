import numpy as np
import pytest
from PIL import Image, ImageFilter

torch = pytest.importorskip("torch")

from services.retrainer.fitting.crop_plan import FILTERS  # noqa: E402
from services.retrainer.fitting.resample_torch import blurring, both_ways, resizing  # noqa: E402
from tests.unit.services.retrainer.fitting.scenes import photograph  # noqa: E402

CPU = torch.device("cpu")


def both(pixels, weights):
    pictures = torch.from_numpy(pixels).permute(2, 0, 1)[None].to(torch.float32)
    return both_ways(pictures, weights)[0].permute(1, 2, 0).numpy()


@pytest.mark.parametrize("resample", FILTERS, ids=lambda resample: resample.name)
@pytest.mark.parametrize("window", [105, 130, 177, 208, 297])
def test_a_window_is_resized_as_pillow_resizes_it(resample, window):
    noise = np.random.default_rng(window).integers(0, 256, (window, window, 3), np.uint8)
    wanted = np.asarray(Image.fromarray(noise).resize((104, 104), resample)).astype(int)
    found = both(noise, resizing([window], [resample], 104, CPU))
    assert np.abs(found - wanted).max() <= 1
    assert np.mean(found != wanted) < 0.05


def test_windows_of_several_widths_are_resized_together():
    windows = [120, 200]
    weights = resizing(windows, FILTERS[:2], 104, CPU)
    for row, (window, resample) in enumerate(zip(windows, FILTERS[:2], strict=True)):
        alone = resizing([window], [resample], 104, CPU)[0]
        assert torch.allclose(weights[row, :, :window], alone, atol=1e-6)
        assert not weights[row, :, window:].any()


@pytest.mark.parametrize("deviation", [0.3, 0.8, 1.5])
def test_a_blur_is_near_pillows(deviation):
    pixels = photograph(104, 104)
    wanted = np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(deviation))).astype(int)
    found = both(pixels, blurring([deviation], 104, CPU))
    assert np.abs(found - wanted).max() <= 3  # Pillow rounds six times on the way
    assert np.abs(found - wanted).mean() < 0.8
