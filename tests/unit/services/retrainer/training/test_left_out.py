import io
from dataclasses import replace

import pytest
from PIL import Image

pytest.importorskip("torch")

from services.retrainer.data.samples import Dataset
from services.retrainer.training import left_out
from services.retrainer.training.input_spec import SPEC
from services.retrainer.training.trained import logits
from shared.domain.job import Lane
from shared.domain.model_card import InputSpec, View
from shared.imaging.prepare import prepare
from tests.unit.services.retrainer.training.made import Brightness, picture, sample


def test_a_pictures_logit_is_the_mean_of_its_tiles_by_the_plan():
    spec = InputSpec(
        width=32, height=32, views=dict.fromkeys(Lane, (View(short_side=None, crops=4), View(short_side=40, crops=1)))
    )
    image = picture(1, seed=3)
    tiles = logits(Brightness(), prepare(image, spec, Lane.BULK))
    expected = tiles[:4].mean() / 2 + tiles[4] / 2
    assert left_out.picture_logit(Brightness(), image, spec, Lane.BULK) == pytest.approx(expected, abs=1e-5)


def test_every_look_at_every_picture_is_scored():
    files = [io.BytesIO(), io.BytesIO()]
    for file, level in zip(files, (75, 175), strict=True):
        Image.new("RGB", (144, 144), (level,) * 3).save(file, "PNG")
    dataset = Dataset("made", [replace(sample(0, "a", 1), read=file.getvalue, name=f"{file}") for file in files])
    seen = left_out.see(Brightness(), dataset, left_out.matched_views, SPEC)
    assert seen.logits.shape == seen.short_sides.shape == (2, left_out.DRAWS)
    assert (seen.logits[0] < 0).all()
    assert (seen.logits[1] > 0).all()
    assert seen.short_sides.max() < 144
