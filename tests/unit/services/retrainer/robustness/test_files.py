import csv
import io

import numpy as np

from services.retrainer.data.samples import AI, HUMAN, Dataset
from services.retrainer.robustness import files
from services.retrainer.robustness.detector import Detector
from tests.unit.services.retrainer.robustness.made import CONSTANT, sample, texture

DATASET = Dataset(
    "made", [sample(f"pic<{index}>", index % 2, texture(index, width=16, height=12)) for index in range(6)]
)
PROBABILITIES = np.array([0.9, 0.9, 0.1, 0.2, 0.5, 0.6])  # human, AI, human, AI, human, AI
NAMED = Detector(name="tiny", score=CONSTANT.score)


def test_the_most_mistaken_files_come_first_with_picture_label_and_prediction():
    html = files.section(NAMED, DATASET, PROBABILITIES).html
    order = [html.index(f"pic&lt;{index}&gt;") for index in (0, 3, 4, 5)]
    assert order == sorted(order)
    assert html.count("data:image/webp") == 6
    assert '<span class="bad">likely AI</span>' in html
    assert '<span class="good">likely human</span>' in html
    assert "pic<0>" not in html


def test_beyond_the_cap_files_stand_only_in_the_table_of_all():
    section = files.section(NAMED, DATASET, PROBABILITIES, cap=2)
    assert section.html.count("<img") == 2
    assert section.data == {"files": 6, "shown": 2}
    rows = list(csv.DictReader(io.StringIO(section.files["files.csv"].decode())))
    assert [row["file"] for row in rows] == [each.name for each in DATASET.samples]
    assert rows[0]["label"] == "human"
    assert rows[0]["prediction"] == "likely_ai"
    assert rows[0]["ai_probability"] == "0.900000"


def test_a_long_table_is_folded_into_pages():
    dataset = Dataset("made", [sample(str(index), index % 2, texture(0, width=8, height=8)) for index in range(120)])
    html = files.section(NAMED, dataset, np.full(120, 0.5), cap=120).html
    assert html.count("<details") == 3
    assert html.count("<details open>") == 1


def test_a_mistake_is_the_distance_from_the_truth():
    labels = np.array([HUMAN, AI], np.uint8)
    assert np.allclose(files.mistakes(labels, np.array([0.3, 0.3])), [0.3, 0.7])
