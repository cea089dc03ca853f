import io

import numpy as np
import pytest
from PIL import Image

from services.api.overlay import LONG_SIDE, overlay
from shared.domain.evidence import CERTAIN, UNSEEN, EvidenceMap


def drawn(rows, width=64, height=64):
    """The overlay of a map of these rows, RGBA as int [height, width, 4]."""
    evidence = EvidenceMap(columns=len(rows[0]), cells=b"".join(map(bytes, rows)))
    with Image.open(io.BytesIO(overlay(evidence, width, height))) as image:
        assert (image.format, image.mode) == ("PNG", "RGBA")
        return np.asarray(image).astype(int)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((4000, 3000), (320, 240)),
        ((3000, 4000), (240, 320)),
        ((32, 32), (320, 320)),
        ((30_000, 20), (320, 1)),
        ((20, 30_000), (1, 320)),
    ],
)
def test_it_has_the_shape_of_the_picture(size, expected):
    pixels = drawn([[200, 100], [50, 0]], *size)
    assert pixels.shape[1::-1] == expected
    assert max(pixels.shape[:2]) == LONG_SIDE <= 1024


@pytest.mark.parametrize("level", [0, 60, CERTAIN // 2])
def test_it_is_clear_where_nothing_speaks_for_ai(level):
    assert not drawn([[level]])[..., 3].any()


def test_it_is_denser_and_darker_the_more_speaks_for_ai():
    heats = [drawn([[level]])[0, 0] for level in range(CERTAIN // 2 + 1, CERTAIN + 1)]
    alphas = [heat[3] for heat in heats]
    lightness = [0.2126 * heat[0] + 0.7152 * heat[1] + 0.0722 * heat[2] for heat in heats]
    assert alphas == sorted(alphas)
    assert np.diff(lightness).max() < 1  # but for rounding
    assert alphas[0] < 3
    assert 180 < alphas[-1] < 255  # the picture shows through
    assert all(heat[0] > max(heat[1], heat[2]) for heat in heats)  # warm


def test_each_corner_of_the_map_lies_at_its_corner_of_the_picture():
    alpha = drawn([[254, 200], [150, 0]], 400, 300)[..., 3]
    corners = [alpha[0, 0], alpha[0, -1], alpha[-1, 0], alpha[-1, -1]]
    assert corners == sorted(corners, reverse=True)
    assert len(set(corners)) == 4


def test_between_the_cells_it_is_smooth():
    alpha = drawn([[127, 254]], 320, 10)[..., 3]
    steps = np.diff(alpha[5])
    assert (steps >= 0).all()
    assert steps.max() <= 3


def test_what_was_never_looked_at_is_striped_in_faint_grey():
    pixels = drawn([[UNSEEN, 0], [UNSEEN, 0]], 200, 200)
    unseen, seen = pixels[:, :150], pixels[:, 170:]
    assert not seen[..., 3].any()
    assert set(map(tuple, unseen.reshape(-1, 4).tolist())) == {(128, 128, 128, 24), (128, 128, 128, 88)}


def test_what_was_never_looked_at_adds_no_heat_beside_it():
    pixels = drawn([[UNSEEN, CERTAIN]], 320, 10)
    heat = pixels[..., 0] != 128
    assert not heat[:, :160].any()
    assert heat[:, 160:].all()
    assert pixels[0, -1, 3] > 200
