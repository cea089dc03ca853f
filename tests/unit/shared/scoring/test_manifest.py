import json

import pytest

from shared.errors import ModelRefused
from shared.scoring.manifest import read_verified, write_manifest


@pytest.fixture
def version(tmp_path):
    (tmp_path / "model.onnx").write_bytes(b"weights")
    (tmp_path / "card.json").write_bytes(b"{}")
    write_manifest(tmp_path)
    return tmp_path


def test_the_manifest_names_every_other_file(version):
    assert read_verified(version) == {"model.onnx": b"weights", "card.json": b"{}"}


def test_writing_it_again_does_not_list_the_manifest_itself(version):
    write_manifest(version)
    assert sorted(read_verified(version)) == ["card.json", "model.onnx"]


def test_a_changed_file_is_refused_by_name(version):
    (version / "model.onnx").write_bytes(b"Weights")
    with pytest.raises(ModelRefused, match=r"model\.onnx is not the file"):
        read_verified(version)


def test_a_missing_file_is_refused(version):
    (version / "model.onnx").unlink()
    with pytest.raises(ModelRefused, match=r"model\.onnx"):
        read_verified(version)


@pytest.mark.parametrize(
    "text",
    ["", "[]", '{"files": 3}', '{"files": ["card.json"]}', "{}", '{"files": {"card.json": 1}}', "\x00"],
)
def test_a_damaged_manifest_is_refused(version, text):
    (version / "manifest.json").write_text(text)
    with pytest.raises(ModelRefused):
        read_verified(version)


def test_a_manifest_reads_nothing_outside_its_directory(version):
    outside = version.parent / "outside.txt"
    outside.write_bytes(b"secret")
    (version / "manifest.json").write_text(json.dumps({"files": {"../outside.txt": "0" * 64}}))
    with pytest.raises(ModelRefused, match=r"cannot be read"):
        read_verified(version)
