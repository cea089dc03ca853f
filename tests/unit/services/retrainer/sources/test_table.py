import hashlib

import pytest

from services.retrainer.sources import open_dataset
from shared.errors import ConfigurationError
from tests.unit.services.retrainer.sources.trees import by_name, write_table, write_tree


@pytest.fixture
def aiornot(tmp_path):
    """AI-or-Not's layout."""
    write_tree(tmp_path / "train", "0.jpg", "1.jpg", "2.jpg")
    return write_table(tmp_path, "train.csv", "id,label", "0.jpg,1", "1.jpg,0", "2.jpg,1")


def test_the_layout_of_ai_or_not_is_read(aiornot):
    data = open_dataset(f"{aiornot}?path_column=id&ai_value=1&root={aiornot.parent / 'train'}")
    assert {sample.name: sample.label for sample in data.samples} == {"0.jpg": 1, "1.jpg": 0, "2.jpg": 1}
    assert data.samples[0].read() == b"0.jpg"
    assert data.samples[0].owner == hashlib.sha256(b"0.jpg").hexdigest()


def test_which_value_means_ai_must_be_said(aiornot):
    for options in ("path_column=id", "path_column=id&ai_value=fake"):
        with pytest.raises(ConfigurationError, match=r"ai_value .* one of: '0' \(1\), '1' \(2\)"):
            open_dataset(f"{aiornot}?{options}")


def test_either_value_can_mean_ai(aiornot):
    data = open_dataset(aiornot, path_column="id", ai_value="0", root=aiornot.parent / "train")
    assert [sample.label for sample in data.samples] == [0, 1, 0]


def test_columns_can_name_owner_kind_and_generator(tmp_path):
    write_tree(tmp_path, "a/1.jpg", "b/2.jpg")
    table = write_table(
        tmp_path, "list.csv", "path,label,by,what,model", "a/1.jpg,ai,alice,painting,sdxl", "b/2.jpg,human,,photo,"
    )
    samples = by_name(open_dataset(f"{table}?ai_value=ai&owner_column=by&kind_column=what&generator_column=model"))
    assert (samples["a/1.jpg"].owner, samples["a/1.jpg"].kind, samples["a/1.jpg"].generator) == (
        "alice",
        "painting",
        "sdxl",
    )
    assert samples["b/2.jpg"].owner == hashlib.sha256(b"b/2.jpg").hexdigest()


def test_more_than_two_labels_are_refused(tmp_path):
    write_tree(tmp_path, "1.jpg")
    table = write_table(tmp_path, "list.csv", "path,label", "1.jpg,human", "1.jpg,ai", "1.jpg,unknown")
    with pytest.raises(ConfigurationError, match=r"two values.*'unknown' \(1\)"):
        open_dataset(f"{table}?ai_value=ai")


def test_a_missing_column_is_named_with_those_there_are(aiornot):
    with pytest.raises(ConfigurationError, match="no column 'path'; it has id, label"):
        open_dataset(f"{aiornot}?ai_value=1")


def test_files_that_are_not_there_are_counted(aiornot):
    with pytest.raises(ConfigurationError, match=r"3 of 3 files are not there, .*0\.jpg the first; set root"):
        open_dataset(f"{aiornot}?ai_value=1&path_column=id")


def test_a_file_named_twice_is_refused(tmp_path):
    write_tree(tmp_path, "1.jpg")
    table = write_table(tmp_path, "list.csv", "path,label", "1.jpg,human", "1.jpg,ai")
    with pytest.raises(ConfigurationError, match="names 1 files twice"):
        open_dataset(f"{table}?ai_value=ai")


def test_a_table_that_cannot_be_read_is_a_wrong_setting(tmp_path):
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00\x01")
    for name in ("binary.csv", "nothing.csv"):
        with pytest.raises(ConfigurationError, match="no CSV file that can be read"):
            open_dataset(f"{tmp_path / name}?ai_value=1")
