import json

import pytest

pytest.importorskip("torch")
pytest.importorskip("onnx")

from bench import evidence
from bench.bare import bare
from bench.cost import BASE, DEFAULT
from bench.pictures import photographs, saved
from shared import scoring
from shared.scoring.session import Model
from tests.provenance.authority import TRAINED, action, sign


def test_each_item_has_its_cost_and_the_whole_is_measured_with_and_without(tmp_path, capsys):
    file = tmp_path / "signed.jpg"
    file.write_bytes(sign(photographs(1)[0], "image/jpeg", action("c2pa.created", TRAINED)))
    out = tmp_path / "evidence.json"
    evidence.main([str(file), "--seconds", "0", "--lane", "bulk", "--no-search", "--out", str(out)])
    document = json.loads(out.read_text())
    [row] = document["rows"]
    assert document["machine"]["processor"]
    assert {*BASE, *DEFAULT} - {"domain"} <= row["milliseconds"].keys()
    assert row["milliseconds"]["provenance"]["wall"] > 0.5, "the signature was not checked"
    assert row["milliseconds"]["stability"]["wall"] > row["milliseconds"]["with"]["wall"]
    assert row["answer_bytes"]["with"] > row["answer_bytes"]["without"] + 500
    assert "signed.jpg, bulk lane: default evidence costs" in " ".join(capsys.readouterr().out.split())


def test_a_picture_comes_in_each_format():
    assert [name for name, _ in evidence.material([])][:3] == ["JPEG, 512 px", "PNG, 512 px", "WebP, 512 px"]
    assert saved(photographs(1)[0], "WEBP")[8:12] == b"WEBP"


def test_a_version_may_be_left_with_its_logit_alone(tmp_path):
    whole = Model.load(scoring.shipped()[-1], provider="cpu", threads=1)
    model = Model.load(bare(scoring.shipped()[-1], tmp_path / "bare", keep=("logit",)), provider="cpu", threads=1)
    assert (whole.embeds, model.embeds) == (True, False)
    assert model.card.embedding_size is None


def test_a_file_that_is_no_image_is_an_error_in_words(tmp_path):
    (tmp_path / "a.txt").write_text("none")
    with pytest.raises(SystemExit, match="format"):
        evidence.main([str(tmp_path / "a.txt"), "--no-search", "--seconds", "0"])
