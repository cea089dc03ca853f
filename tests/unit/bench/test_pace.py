import pytest

from bench.pace import STAGES, Pace, pace
from bench.pictures import photographs
from shared import scoring
from shared.domain.job import Lane
from shared.scoring.session import Model

SHIPPED = scoring.SHIPPED / "0.1.0"


def test_every_image_is_counted_and_every_stage_has_its_share():
    model = Model.load(SHIPPED, provider="cpu", threads=1)
    measured = pace(model, photographs(3), Lane.BULK, seconds=0, batch=2)
    assert measured.images == 1  # one batch to warm up, and the one left over
    document = measured.document()
    assert sum(document["shares"].values()) == pytest.approx(1, abs=0.001)
    assert all(document["milliseconds"][stage] > 0 for stage in STAGES)


def test_rates_go_by_processor_time():
    measured = Pace(images=30, wall=100.0, cpu={"decode": 1.0, "prepare": 1.0, "inference": 4.0})
    document = measured.document()
    assert document["images_per_second_per_core"] == 5
    assert document["inference_images_per_second_per_core"] == 7.5
    assert document["images_per_second_wall"] == 0.3
    assert document["milliseconds"]["inference"] == pytest.approx(133.333)
