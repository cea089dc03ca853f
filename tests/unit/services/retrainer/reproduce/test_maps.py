import numpy as np
import pytest

from services.retrainer.reproduce import maps
from services.retrainer.robustness.detector import Detector, Scored
from services.retrainer.robustness.sheet import GAP, HEAD, LABEL, TILE
from services.retrainer.sources import open_dataset
from tests.unit.services.retrainer.reproduce import made

TOP = 2 * HEAD + GAP
"""Of the first row's tiles, in px: below the note and the heads."""


def halves(images):
    """Every left half leans AI, every right half human."""
    return Scored(
        logits=np.zeros(len(images), np.float32),
        probabilities=np.full(len(images), 0.5),
        maps=[np.array([[1, -1]], np.float32)] * len(images),
    )


DETECTOR = Detector(name="halves", score=halves)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return open_dataset(made.cifake(tmp_path_factory.mktemp("data"), train=1, test=1))


def test_beside_each_picture_its_map_is_orange_for_ai_and_green_for_human(dataset):
    page = np.asarray(maps.contact_sheet(DETECTOR, dataset), int)
    left = LABEL + TILE + GAP
    tile = page[TOP : TOP + TILE * 3 // 4, left : left + TILE]
    ai, human = tile[:, TILE // 4], tile[:, 3 * TILE // 4]
    assert (ai[:, 0] > ai[:, 1]).all()
    assert (human[:, 1] > human[:, 0]).all()


def test_there_is_a_row_for_each_picture(dataset):
    whole = maps.contact_sheet(DETECTOR, dataset).height - TOP
    first = maps.contact_sheet(DETECTOR, dataset.where(np.arange(len(dataset)) < 1)).height - TOP
    assert whole == len(dataset) * first
