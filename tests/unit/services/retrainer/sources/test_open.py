import pytest

from services.retrainer.sources import open_dataset
from shared.errors import ConfigurationError
from tests.unit.services.retrainer.sources.trees import write_table, write_tree


def test_what_fits_no_layout_is_told_what_was_looked_for(tmp_path):
    write_tree(tmp_path / "set", "holiday/1.jpg", "holiday/2.jpg")
    with pytest.raises(
        ConfigurationError, match=r"no layout .*2 pictures.*labels\.csv.*cifake.*human_only:PATH.*CSV file"
    ):
        open_dataset(tmp_path / "set")


def test_an_option_that_a_layout_lacks_is_named_with_those_it_has(tmp_path):
    write_tree(tmp_path / "set", "human/1.jpg", "ai/1.jpg")
    with pytest.raises(ConfigurationError, match="folders has no option 'kind'; it has none"):
        open_dataset(f"{tmp_path / 'set'}?kind=photo")
    with pytest.raises(ConfigurationError, match="human_only has no option 'note'; it has kind"):
        open_dataset(f"human_only:{tmp_path / 'set'}?note=x")


def test_a_layout_can_be_forced(tmp_path):
    write_tree(tmp_path / "set", "human/1.jpg", "ai/1.jpg")
    assert open_dataset(f"human_only:{tmp_path / 'set'}").labels.tolist() == [0, 0]


def test_options_of_a_call_beat_those_of_the_spec(tmp_path):
    write_tree(tmp_path / "set", "1.jpg")
    data = open_dataset(f"human_only:{tmp_path / 'set'}?kind=photo", kind="scan")
    assert data.samples[0].kind == "scan"


def test_values_may_hold_spaces_and_signs(tmp_path):
    write_tree(tmp_path, "1.jpg", "2.jpg")
    table = write_table(tmp_path, "my list.csv", "path,is it?", "1.jpg,A&I", "2.jpg,no")
    assert open_dataset(f"{table}?label_column=is%20it%3F&ai_value=A%26I").labels.tolist() == [1, 0]


def test_nothing_is_no_data_set():
    with pytest.raises(ConfigurationError, match="write PATH"):
        open_dataset("")
