from services.retrainer.data.samples import Dataset
from services.retrainer.robustness import portraits
from tests.unit.services.retrainer.robustness.made import SHARPNESS, chequered, sample, sharp_and_soft, texture


def test_portraits_are_measured_as_a_group_of_their_own():
    faces = [sample(f"h{index}", 0, texture(index, deviation=4), kind="portrait") for index in range(5)]
    faces += [sample(f"a{index}", 1, chequered(index), kind="portrait") for index in range(5)]
    section = portraits.section(SHARPNESS, Dataset("made", [*sharp_and_soft(4).samples, *faces]))
    assert section.data["measured"]
    assert (section.data["human"], section.data["ai"]) == (5, 5)
    assert section.data["base"] == "id-card"
    assert section.files["portraits.png"].startswith(b"\x89PNG")


def test_too_few_portraits_are_said_and_not_measured():
    faces = [sample(f"h{index}", 0, texture(index), kind="portrait") for index in range(9)]
    section = portraits.section(SHARPNESS, Dataset("made", [*sharp_and_soft(2).samples, *faces]))
    assert section.data == {"measured": False, "human": 9, "ai": 0}
    assert "Not measured" in section.html
