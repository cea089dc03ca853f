import dataclasses
import json

import pytest
from PIL import Image

pytest.importorskip("torch")

from services.retrainer import card, dataset, networks
from services.retrainer.origin import CIFAKE, CIFAKE_SHA256, origin
from shared import scoring
from shared.domain.model_card import ModelCard
from tests.unit.services.retrainer.pictures import SPEC, write_dataset


@pytest.fixture
def folder(tmp_path):
    return write_dataset(tmp_path / "holiday", train=20, test=5)


def said(folder) -> str:
    """All that a card says of the pictures in `folder`."""
    return str(origin(dataset.load(folder, SPEC), SPEC))


def test_cifake_is_known_by_its_hash_under_any_name(folder):
    renamed = dataclasses.replace(dataset.load(folder, SPEC), sha256=CIFAKE_SHA256)

    assert origin(renamed, SPEC) is CIFAKE


def test_the_shipped_card_comes_out_byte_for_byte():
    file = scoring.SHIPPED / "0.1.0" / "card.json"
    shipped = json.loads(file.read_text())
    read = ModelCard.from_document(shipped)
    made = card.document(
        version="0.1.0",
        origin=CIFAKE,
        spec=SPEC,
        architecture=networks.architecture("cifake-cnn"),
        parameters=shipped["parameters"],
        calibration=read.calibration,
        thresholds=read.thresholds,
        metrics=shipped["metrics"],
        training=shipped["training"],
    )

    assert shipped["training"]["data_sha256"] == CIFAKE_SHA256
    assert json.dumps(made, ensure_ascii=False, indent=2) + "\n" == file.read_text()


@pytest.mark.parametrize("claim", ["CIFAKE", "CIFAR", "Stable Diffusion", "MIT", "lorries"])
def test_of_other_pictures_nothing_of_cifake_is_claimed(folder, claim):
    assert claim in str(CIFAKE)
    assert claim not in said(folder)


def test_other_pictures_are_named_and_counted(folder):
    (folder / "train" / "fake" / "0000.jpg").unlink()
    data = origin(dataset.load(folder, SPEC), SPEC).data

    assert data == {
        "name": "holiday",
        "licence": "unknown",
        "images": "20 human-made and 19 AI-generated pictures to train; "
        "5 human-made and 5 AI-generated pictures to test, with sides of 32 px.",
    }


def test_the_range_is_that_of_the_pictures_measured_on(folder):
    Image.new("RGB", (48, 20)).save(folder / "test" / "real" / "wide.jpg")
    Image.new("RGB", (400, 400)).save(folder / "train" / "real" / "large.jpg")
    measured = origin(dataset.load(folder, SPEC), SPEC).range

    assert (measured.min_side, measured.max_side) == (20, 48)
    assert "'holiday' with sides of 20 to 48 px, resized to 32 × 32 px" in measured.statement
