import json
from dataclasses import replace

import pytest

from services.retrainer.data import snapshot
from services.retrainer.data.samples import Dataset, Sample
from shared.errors import ConfigurationError


def sample(name, content=b"bytes", **fields):
    given = {"label": 1, "owner": "alice", "kind": "photo", "generator": "Bildmaschine Ä", "part": "train"} | fields
    return Sample(name=name, read=lambda: content, **given)


@pytest.fixture
def dataset():
    return Dataset("made", [sample("b.jpg"), sample("a.jpg", b"other", label=0, generator="")])


def test_a_manifest_is_read_as_it_was_written(dataset, tmp_path):
    written = snapshot.write(dataset, tmp_path / "made.jsonl")
    assert snapshot.read(tmp_path / "made.jsonl") == written
    assert [entry.name for entry in written.entries] == ["a.jpg", "b.jpg"]
    assert written.entries[1].generator == "Bildmaschine Ä"


def test_equal_data_sets_give_equal_files_whatever_their_order(dataset, tmp_path):
    snapshot.write(dataset, tmp_path / "one")
    snapshot.write(Dataset("made", dataset.samples[::-1]), tmp_path / "other")
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


def test_the_first_line_names_and_counts_the_set(dataset, tmp_path):
    written = snapshot.write(dataset, tmp_path / "made.jsonl")
    head = json.loads((tmp_path / "made.jsonl").read_text().splitlines()[0])
    assert head == {"dataset": "made", "images": 2, "digest": written.digest}


@pytest.mark.parametrize("field", ["label", "owner", "kind", "generator", "part", "name"])
def test_the_digest_covers_every_field(dataset, field):
    changed = replace(dataset.samples[0], **{field: 0 if field == "label" else "other"})
    assert (
        snapshot.manifest(Dataset("made", [changed])).digest
        != snapshot.manifest(Dataset("made", dataset.samples[:1])).digest
    )


def test_the_data_set_itself_verifies(dataset):
    assert snapshot.verify(dataset, snapshot.manifest(dataset)) == []


def test_what_differs_is_said_by_picture(dataset):
    expected = snapshot.manifest(dataset)
    now = Dataset("made", [sample("b.jpg", owner="bob"), sample("c.jpg")])
    assert snapshot.verify(now, expected) == ["a.jpg is missing", "b.jpg: owner was 'alice', is 'bob'", "c.jpg is new"]


def test_other_bytes_under_the_same_name_are_seen(dataset):
    (difference,) = snapshot.verify(
        Dataset("made", [sample("b.jpg", b"changed")]), snapshot.manifest(Dataset("made", dataset.samples[:1]))
    )
    assert difference.startswith("b.jpg: sha256 was")


def test_an_edited_manifest_is_refused(dataset, tmp_path):
    file = tmp_path / "made.jsonl"
    snapshot.write(dataset, file)
    file.write_text(file.read_text().replace("alice", "bob"))
    with pytest.raises(ConfigurationError, match="changed after it was written"):
        snapshot.read(file)


@pytest.mark.parametrize("content", ["", "no json", "{}", '{"dataset": "x", "digest": "y"}\n{"name": "z"}'])
def test_what_is_no_manifest_is_refused(tmp_path, content):
    (tmp_path / "x").write_text(content)
    with pytest.raises(ConfigurationError, match="no manifest"):
        snapshot.read(tmp_path / "x")
    with pytest.raises(ConfigurationError, match="no manifest"):
        snapshot.read(tmp_path / "nothing")
