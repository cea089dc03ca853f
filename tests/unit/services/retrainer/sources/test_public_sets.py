"""The project's own material, where it is at hand."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from services.retrainer.sources import open_dataset, open_datasets

ROOT = Path(__file__).parents[5]
DATA = ROOT.parent / "shared" / "data"
NOTES, OWNERS = ROOT / "docs" / "data" / "images-train.csv", ROOT / "docs" / "data" / "owners.csv"
KINDS = {
    "photo", "portrait", "painting", "illustration", "anime", "render3d", "graphic", "pixel", "screenshot", "scan", "other",
}  # fmt: skip

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"{DATA} is not here")


@pytest.mark.parametrize(
    ("archive", "human", "ai"), [("images-train", 3236, 2923), ("images-train-2", 453, 419), ("images-test", 113, 105)]
)
def test_an_archive_holds_what_its_list_says(archive, human, ai):
    data = open_dataset(DATA / f"{archive}.tar")
    assert Counter(data.labels.tolist()) == {0: human, 1: ai}
    assert data.samples[0].read().startswith(b"\xff\xd8")


def noted():
    options = f"notes={NOTES}&owners={OWNERS}"
    return open_datasets([f"{DATA / name}.tar?{options}" for name in ("images-train", "images-train-2")])


def test_every_note_is_about_a_picture_or_folder_that_exists():
    names = {
        sample.name
        for name in ("images-train", "images-train-2")
        for sample in open_dataset(DATA / f"{name}.tar").samples
    }
    folders = {name.rpartition("/")[0] + "/" for name in names}
    with NOTES.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["path"] for row in rows if row["path"] not in names | folders] == []
    assert len({(row["archive"], row["path"]) for row in rows}) == len(rows)


def test_with_the_notes_every_picture_has_a_known_kind():
    assert {sample.kind for sample in noted().samples} == KINDS


def test_with_the_notes_what_was_dropped_is_gone():
    with NOTES.open(newline="") as file:
        dropped = sum(row["decision"] == "drop" for row in csv.DictReader(file))
    assert len(noted()) == 3236 + 2923 + 453 + 419 - dropped


def test_owners_that_are_one_are_joined():
    assert not {"mate-backgrounds", "photo_mate-backgrounds", "comfyanonymous", "cysmith"} & set(noted().owners)
