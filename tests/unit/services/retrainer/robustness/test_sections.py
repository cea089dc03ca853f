import pytest

from services.retrainer.data.samples import Dataset
from services.retrainer.robustness.choose import some
from services.retrainer.robustness.sections import sections
from tests.unit.services.retrainer.robustness.made import CONSTANT, SHARPNESS, sample, sharp_and_soft, texture


@pytest.mark.parametrize(
    ("asked", "titles"),
    [
        ({"robustness": True}, ["Robustness", "Portraits as on an ID card"]),
        ({"composite": True}, ["Composites"]),
        ({"sensitive": True}, ["Sensitivity"]),
    ],
)
def test_only_what_is_asked_for_is_measured(asked, titles):
    wanted = {"robustness": False, "composite": False, "sensitive": False, **asked}
    made = sections(SHARPNESS, sharp_and_soft(3), other=CONSTANT, base="raw", pictures=4, **wanted)
    assert [section.title for section in made] == titles


def test_a_chapter_that_cannot_be_measured_says_why_and_the_others_follow():
    humans = sharp_and_soft(3)
    humans = humans.where(humans.labels == 0)
    made = {section.title: section for section in sections(CONSTANT, humans, base="raw", pictures=4)}
    assert "the grid needs both" in made["Robustness"].html
    assert "photographs of two owners" in made["Composites"].html
    assert made["Robustness"].data == {"measured": False}
    assert made["Sensitivity"].data["pictures"] == 3


def test_some_of_many_are_half_of_each_class_and_of_all_owners():
    crowd = [sample(f"h{index}", 0, texture(0), owner="one") for index in range(30)]
    others = [sample(f"o{index}", 0, texture(0)) for index in range(3)]
    ai = [sample(f"a{index}", 1, texture(0)) for index in range(10)]
    chosen = some(Dataset("made", crowd + others + ai), 8)
    assert chosen.labels.tolist() == [0, 1, 0, 1, 0, 1, 0, 1]
    assert {"one", "o0", "o1", "o2"} == {each.owner for each in chosen.samples if each.label == 0}


def test_where_a_class_is_short_the_other_fills_up():
    dataset = Dataset("made", [sample(f"h{index}", 0, texture(0)) for index in range(9)] + [sample("a", 1, texture(0))])
    assert sorted(some(dataset, 6).labels.tolist()) == [0, 0, 0, 0, 0, 1]
    assert len(some(dataset, 50)) == 10
