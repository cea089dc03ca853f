import numpy as np
from PIL import Image

from services.retrainer.data.keypoints import SIGMA, keypoints
from tests.unit.services.retrainer.data.scenes import scene


def grey(image):
    return np.asarray(image.convert("L"), np.float32) / 255


def test_a_flat_picture_has_none():
    assert len(keypoints(np.full((120, 160), 0.5, np.float32))) == 0


def test_a_picture_smaller_than_an_octave_has_none():
    assert len(keypoints(np.random.default_rng(0).random((20, 20), np.float32))) == 0


def test_they_lie_in_the_picture_and_their_codes_have_63_bits():
    points = keypoints(grey(scene(1, (200, 150))))
    assert len(points) > 20
    assert (points.at >= 0).all()
    assert (points.at <= [200, 150]).all()
    assert (points.sigma >= SIGMA).all()
    assert (points.codes < 2**63).all()


def test_a_blob_is_found_where_it_is_with_its_size():
    y, x = np.mgrid[:128, :128]
    blob = 0.5 + 0.4 * np.exp(-((x - 70) ** 2 + (y - 52) ** 2) / (2 * 6.0**2))
    points = keypoints(blob.astype(np.float32))
    strongest = np.hypot(*(points.at - [70, 52]).T).argmin()
    assert np.hypot(*(points.at[strongest] - [70, 52])) < 1
    assert 4 < points.sigma[strongest] < 9


def test_most_are_found_again_with_nearly_the_same_code_at_another_size():
    image = scene(2, (400, 300))
    large, small = keypoints(grey(image)), keypoints(grey(image.resize((280, 210), Image.LANCZOS)))
    again = 0
    for at, sigma, code in zip(small.at / 0.7, small.sigma / 0.7, small.codes, strict=True):
        near = (np.hypot(*(large.at - at).T) < sigma) & (np.abs(np.log2(large.sigma / sigma)) < 0.3)
        again += bool((np.bitwise_count(large.codes[near] ^ code) <= 12).any())
    assert again > 0.6 * len(small)
