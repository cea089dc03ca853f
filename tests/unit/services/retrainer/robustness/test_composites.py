import json

import numpy as np
import pytest

from services.retrainer.data.samples import AI, HUMAN, Dataset
from services.retrainer.robustness import composites, composites_page
from services.retrainer.robustness.detector import Detector
from tests.unit.services.retrainer.robustness.made import CONSTANT, chequered, sample, scored, texture


def redness(image):
    """AI pictures are made red here: a map of redness is an oracle."""
    pixels = np.asarray(image.resize((image.width // 4, image.height // 4)), np.float32)
    return (pixels[..., 0] - pixels[..., 1]) / 50


def blindness(image):
    return np.random.default_rng(image.width * image.height).normal(size=(18, 24)).astype(np.float32)


def seams(image):
    """Where the picture has an edge, whatever lies behind it."""
    grey = np.asarray(image.convert("L"), np.float32)
    return np.abs(np.diff(grey, axis=0))[:, :-1] + np.abs(np.diff(grey, axis=1))[:-1]


def detector(mapping):
    def score(images):
        maps = [mapping(image) for image in images]
        return scored([float(evidence.mean()) for evidence in maps], maps)

    return Detector(name=mapping.__name__, score=score)


@pytest.fixture(scope="module")
def dataset():
    def picture(index, label):
        image = texture(2 * index + label, deviation=10)
        return image.point([min(255, value + 90) for value in range(256)] + list(range(512))) if label == AI else image

    return Dataset(
        "made",
        [
            sample(f"{name}{index}", label, picture(index, label))
            for index in range(10)
            for name, label in (("human", HUMAN), ("ai", AI))
        ],
    )


def measured(dataset, mapping):
    return composites.measure(detector(mapping), dataset, count=10, base="raw")


def groups(measured, direction):
    return [group for group in measured.groups if group.direction == direction]


def test_an_oracle_finds_the_patch_in_both_directions(dataset):
    oracle = measured(dataset, redness)
    for direction in ("AI in human", "human in AI"):
        for group in groups(oracle, direction):
            where = group.localisation
            assert where.auroc.value > 0.95
            assert where.gain.low > 0.2
            assert where.pointed.value == 1
            assert where.iou.value > 0.8 * where.iou_ceiling.value
            assert group.moved.value > 0
            assert group.followed.value == 1
    assert "not only the seam" in composites_page.finding(oracle)


def test_an_oracle_finds_nothing_in_the_controls(dataset):
    for control in ("human in human", "AI in AI"):
        for group in groups(measured(dataset, redness), control):
            assert abs(group.localisation.gain.value) < 0.25


def test_a_blind_map_finds_nothing(dataset):
    blind = measured(dataset, blindness)
    for group in blind.groups:
        assert group.localisation.gain.value == 0
        assert group.moved.value == 0
    assert "do not show" in composites_page.finding(blind)


def test_a_map_of_seams_is_unmasked_by_the_control():
    noisy = [sample(f"ai{index}", AI, chequered(index)) for index in range(10)]
    calm = [
        sample(f"human{index}", HUMAN, chequered(index + 50) if index % 2 else texture(index)) for index in range(10)
    ]
    found = measured(Dataset("made", noisy + calm), seams)
    assert "not only the seam" not in composites_page.finding(found)


def test_a_detector_without_a_map_has_only_its_score_measured(dataset):
    flat = composites.measure(CONSTANT, dataset, count=2, base="raw")
    assert all(group.localisation is None for group in flat.groups)
    assert "draws no map" in composites_page.section(flat).html


def test_the_chapter_declares_face_swaps_unmeasured_and_its_sheet_opens(dataset):
    section = composites_page.section(measured(dataset, redness))
    assert "Face swaps are not measured" in section.html
    assert section.data["face_swaps"] == "not measured"
    assert section.files["composites.png"].startswith(b"\x89PNG")
    json.dumps(section.data, allow_nan=False)
