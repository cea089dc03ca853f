import dataclasses
import json

import numpy as np
import pytest

pytest.importorskip("torch")

from services.retrainer import networks
from services.retrainer.versions import card
from services.retrainer.versions.origin import CIFAKE, CIFAKE_SHA256, PICTURES, PICTURES_SHA256, Counted, origin
from shared import scoring
from shared.domain.model_card import ModelCard
from tests.unit.services.retrainer.data.pictures import SPEC

HOLIDAY = Counted(
    name="holiday",
    sha256="0" * 64,
    trained=(np.array([0] * 20 + [1] * 19, np.uint8),),
    tested=(np.array([0] * 5 + [1] * 5, np.uint8),),
    sides=np.full((10, 2), 32, np.int32),
)


@pytest.mark.parametrize(("sha256", "known"), [(CIFAKE_SHA256, CIFAKE), (PICTURES_SHA256, PICTURES)])
def test_a_known_data_set_is_known_by_its_hash_under_any_name(sha256, known):
    assert origin(dataclasses.replace(HOLIDAY, sha256=sha256), SPEC) is known


def test_the_shipped_card_comes_out_byte_for_byte():
    file = scoring.SHIPPED / "0.2.0" / "card.json"
    shipped = json.loads(file.read_text())
    read = ModelCard.from_document(shipped)
    made = card.document(
        version="0.2.0",
        origin=CIFAKE,
        spec=SPEC,
        architecture=networks.architecture("jinwi-cnn-32"),
        parameters=shipped["parameters"],
        calibration=read.calibration,
        thresholds=read.thresholds,
        metrics=shipped["metrics"],
        false_accusation_rate=shipped["false_accusation_rate"],
        training=shipped["training"],
    )

    assert shipped["training"]["data_sha256"] == CIFAKE_SHA256
    assert json.dumps(made, ensure_ascii=False, indent=2) + "\n" == file.read_text()


@pytest.mark.parametrize("claim", ["CIFAKE", "CIFAR", "Stable Diffusion", "MIT", "lorries"])
def test_of_other_pictures_nothing_of_cifake_is_claimed(claim):
    assert claim in str(CIFAKE)
    assert claim not in str(origin(HOLIDAY, SPEC))


def test_other_pictures_are_named_and_counted():
    assert origin(HOLIDAY, SPEC).data == {
        "name": "holiday",
        "licence": "unknown",
        "images": "20 human-made and 19 AI-generated pictures to train; "
        "5 human-made and 5 AI-generated pictures to test, with sides of 32 px.",
    }


def test_the_range_is_that_of_the_pictures_measured_on():
    measured = origin(dataclasses.replace(HOLIDAY, sides=np.array([[48, 20], [32, 32]], np.int32)), SPEC).range

    assert (measured.min_side, measured.max_side) == (20, 48)
    assert "'holiday' with sides of 20 to 48 px, resized to 32 × 32 px" in measured.statement
