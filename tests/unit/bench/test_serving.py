import json

import pytest

pytest.importorskip("torch")
pytest.importorskip("onnx")

from bench import serving
from shared import scoring

SHIPPED = scoring.SHIPPED / "0.1.0"


def test_the_command_prints_a_table_and_writes_json(tmp_path, capsys):
    out = tmp_path / "bench.json"
    serving.main(["--seconds", "0", "--images", "2", "--network", "cifake-cnn", "--out", str(out)])
    document = json.loads(out.read_text())
    assert {row["lane"] for row in document["versions"]} == {"bulk", "interactive"}
    assert [row["name"] for row in document["networks"]] == ["cifake-cnn"]
    assert document["machine"]["processor"]
    printed = capsys.readouterr().out
    assert "jinwi-cifake 0.1.0" in printed
    assert "cifake-cnn" in printed


def test_a_folder_that_is_no_version_is_an_error_in_words(tmp_path):
    with pytest.raises(SystemExit, match="manifest"):
        serving.main(["--version", str(tmp_path), "--no-networks", "--images", "1"])


def test_networks_may_be_left_out(capsys):
    serving.main(["--seconds", "0", "--images", "1", "--no-networks", "--lane", "bulk", "--version", str(SHIPPED)])
    printed = capsys.readouterr().out
    assert "random weights" not in printed
    assert "interactive" not in printed
