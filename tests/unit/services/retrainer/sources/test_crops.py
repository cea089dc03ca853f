import pytest

from services.retrainer.sources import open_dataset, open_datasets
from shared.errors import ConfigurationError
from tests.unit.services.retrainer.sources.trees import by_name, tar, write_table, write_tree

ROWS = (
    ("human/alice+photos/1.jpg", "human", "photo", "alice+photos", ""),
    ("human/alice+photos/2.jpg", "human", "photo", "alice+photos", ""),
    ("ai/t2i_sdxl/1.jpg", "ai", "", "t2i_sdxl", "SDXL"),
)


def write_crops(root, rows=ROWS):
    write_tree(root, *(row[0] for row in rows))
    write_table(root, "labels.csv", "path,label,kind,group,generator", *(",".join(row) for row in rows))
    return root


def write_notes(tmp_path, *lines):
    return write_table(tmp_path, "notes.csv", "archive,path,decision,kind,reason", *lines)


@pytest.fixture
def folder(tmp_path):
    return write_crops(tmp_path / "crops")


def test_the_table_says_what_a_crop_is(folder):
    samples = by_name(open_dataset(folder))
    photo, generated = samples["human/alice+photos/1.jpg"], samples["ai/t2i_sdxl/1.jpg"]
    assert (photo.label, photo.owner, photo.kind, photo.generator) == (0, "alice", "photo", "")
    assert (generated.label, generated.owner, generated.kind, generated.generator) == (1, "t2i", "", "SDXL")
    assert photo.read() == b"human/alice+photos/1.jpg"


@pytest.mark.parametrize("suffix", ["tar", "tar.xz"])
def test_an_archive_gives_what_its_folder_gives(folder, tmp_path, suffix):
    assert open_dataset(tar(folder, tmp_path / f"crops.{suffix}")).fingerprint() == open_dataset(folder).fingerprint()


def test_several_are_joined_and_share_their_owners(folder, tmp_path):
    other = write_crops(tmp_path / "more", [("human/photo_alice/1.jpg", "human", "", "photo_alice", "")])
    data = open_datasets([folder, other])
    assert [(s.name, s.owner) for s in data.samples if s.owner == "alice"] == [
        ("crops/human/alice+photos/1.jpg", "alice"),
        ("crops/human/alice+photos/2.jpg", "alice"),
        ("more/human/photo_alice/1.jpg", "alice"),
    ]


def test_sets_of_one_name_are_not_joined(folder, tmp_path):
    with pytest.raises(ConfigurationError, match="have one name: crops, crops"):
        open_datasets([folder, write_crops(tmp_path / "again" / "crops")])


def test_notes_drop_pictures_and_give_kinds(folder, tmp_path):
    notes = write_notes(
        tmp_path,
        "crops,human/alice+photos/1.jpg,drop,,a caption",
        "crops,ai/t2i_sdxl/,keep,painting,",
        "another,human/alice+photos/2.jpg,drop,,",
    )
    samples = by_name(open_dataset(folder, notes=notes))
    assert list(samples) == ["human/alice+photos/2.jpg", "ai/t2i_sdxl/1.jpg"]
    assert [sample.kind for sample in samples.values()] == ["photo", "painting"]


def test_a_note_on_a_picture_beats_that_on_its_folder(folder, tmp_path):
    notes = write_notes(tmp_path, "crops,human/alice+photos/,drop,,", "crops,human/alice+photos/2.jpg,keep,portrait,")
    samples = by_name(open_dataset(f"{folder}?notes={notes}"))
    assert [(name, sample.kind) for name, sample in samples.items()] == [
        ("human/alice+photos/2.jpg", "portrait"),
        ("ai/t2i_sdxl/1.jpg", ""),
    ]


def test_notes_that_decide_nothing_known_are_refused(folder, tmp_path):
    with pytest.raises(ConfigurationError, match="decides 'perhaps'; keep or drop"):
        open_dataset(folder, notes=write_notes(tmp_path, "crops,human/,perhaps,,"))
    with pytest.raises(ConfigurationError, match="no CSV file of archive,path,decision"):
        open_dataset(folder, notes=write_table(tmp_path, "wrong.csv", "path", "x"))


def test_a_table_of_owners_joins_what_no_rule_knows(folder, tmp_path):
    owners = write_table(tmp_path, "owners.csv", "owner,same_as", "t2i,lab", "lab,alice")
    assert set(open_dataset(folder, owners=owners).owners) == {"alice"}


def test_a_table_of_owners_that_goes_in_a_circle_is_refused(folder, tmp_path):
    owners = write_table(tmp_path, "owners.csv", "owner,same_as", "a,b", "b,c", "c,b")
    with pytest.raises(ConfigurationError, match="circle"):
        open_dataset(folder, owners=owners)


@pytest.mark.parametrize(
    ("row", "complaint"),
    [(("x.jpg", "robot", "", "g", ""), "x.jpg is 'robot', not human or ai")],
)
def test_a_wrong_label_is_named(tmp_path, row, complaint):
    with pytest.raises(ConfigurationError, match=complaint):
        open_dataset(write_crops(tmp_path / "crops", [row]))


def test_a_crop_that_is_not_there_is_named(folder):
    (folder / "ai/t2i_sdxl/1.jpg").unlink()
    with pytest.raises(ConfigurationError, match=r"names ai/t2i_sdxl/1\.jpg, which is not there"):
        open_dataset(folder)


def test_a_table_without_its_columns_is_a_wrong_setting(folder):
    write_table(folder, "labels.csv", "path,label", "x,ai")
    with pytest.raises(ConfigurationError, match="must have the columns path, label, kind, group, generator"):
        open_dataset(folder)
