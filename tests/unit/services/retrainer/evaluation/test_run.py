import io
import json
from functools import partial

import numpy as np
import pytest
from PIL import Image

from services.retrainer.evaluation import nulls, run
from services.retrainer.statistics.metrics import roc_auc
from shared.domain.job import Lane
from shared.errors import ConfigurationError


@pytest.fixture(autouse=True)
def fewer_trees(monkeypatch):
    monkeypatch.setattr(nulls, "TREES", 5)


@pytest.fixture
def folder(tmp_path):
    """Two owners of each class, four pictures each: people's are smooth, AI's are noise."""
    random = np.random.default_rng(0)
    rows = ["path,label,kind,group,generator"]
    for label, group in (("human", "ann+a"), ("human", "bo+b"), ("ai", "cy+c"), ("ai", "di+d")):
        for index in range(4):
            side = 96 if label == "ai" else 8
            pixels = Image.fromarray(random.integers(0, 255, (side, side, 3), dtype=np.uint8)).resize((96, 96))
            file = io.BytesIO()
            pixels.save(file, "JPEG", quality=90)
            path = tmp_path / "set" / f"{label}/{group}/{index}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.getvalue())
            rows.append(f"{label}/{group}/{index}.jpg,{label},{'portrait' if index else 'photo'},{group},made")
    (tmp_path / "set" / "labels.csv").write_text("\n".join(rows) + "\n")
    return tmp_path / "set"


def test_a_shipped_version_is_judged_in_both_views_and_written_down(folder, tmp_path):
    out = tmp_path / "out"
    report = run.run("0.1.0", [str(folder)], matched_view=True, studies=False, lane="interactive", out=out)
    document = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert document == json.loads(json.dumps(report.document))
    assert list(document["views"]) == ["matched", "raw"]
    raw = document["views"]["raw"]
    assert raw["images"] == {"human": 8, "ai": 8}
    assert raw["nulls"].keys() == {"shape", "grid", "colour", "noise", "noise + colour"}
    assert "0.1.0 on set" in report.page.read_text(encoding="utf-8")
    assert report.heads == ["", "matched view", "raw view"]


def test_two_versions_are_compared_on_altered_pictures_in_one_report(folder, tmp_path, monkeypatch):
    """And the other chapters of studies stand there, without being asked for."""
    monkeypatch.setattr(run, "sections", partial(run.sections, pictures=6))
    out = tmp_path / "out"
    order = {"matched_view": False, "studies": False, "lane": "bulk", "beside": "0.2.0", "out": out}
    report = run.run("0.1.0", [str(folder)], **order)
    sections = report.document["sections"]
    assert list(sections) == ["Robustness", "Portraits as on an ID card", "Composites", "Sensitivity", "Files"]
    sensitivity = sections["Sensitivity"]
    assert [name.split()[-1] for name in sensitivity["detectors"]] == ["0.1.0", "0.2.0"]
    assert {difference["alteration"] for difference in sensitivity["differences"]} >= {"plain", "blur", "all"}
    assert any(case["when"] == "all pictures" for case in sensitivity["cases"])
    with Image.open(out / "sensitivity.png") as sheet:
        assert min(sheet.size) > 500
    assert 'src="http' not in report.page.read_text(encoding="utf-8")


def test_the_raw_score_is_that_of_serving(folder):
    detector = run.load("0.1.0", Lane.INTERACTIVE)
    dataset = run.open_datasets([folder])
    judgement = run.evaluate(detector, dataset, view=run.RAW)
    for row in (0, 9):
        with Image.open(io.BytesIO(dataset.samples[row].read())) as image:
            assert judgement.predictions.probabilities[row] == pytest.approx(detector.score([image]).probabilities[0])


def test_people_alone_are_judged_without_nulls(folder):
    dataset = run.open_datasets([folder])
    people = dataset.where(dataset.labels == 0)
    judgement = run.evaluate(run.load("0.1.0", Lane.INTERACTIVE), people, view=run.MATCHED)
    assert judgement.nulls == []
    assert not judgement.both_classes


def test_the_nulls_alone_are_those_beside_a_detector(folder):
    dataset = run.open_datasets([folder])
    beside = run.evaluate(run.load("0.1.0", Lane.INTERACTIVE), dataset, view=run.RAW)
    alone = run.null_scores(dataset, view=run.RAW, fold=nulls.owner_folds(dataset))
    areas = {null.name: null.roc_auc.value for null in beside.nulls}
    assert {name: roc_auc(dataset.labels, null.scores) for name, null in alone.items()} == pytest.approx(areas)


def test_a_directory_is_as_good_as_a_number():
    directory = run.scoring.SHIPPED / "0.1.0"
    assert run.load(str(directory), Lane.BULK).name == run.load("0.1.0", Lane.BULK).name


def test_what_is_no_version_is_refused_with_those_that_are():
    with pytest.raises(ConfigurationError, match=r"neither.*0\.1\.0"):
        run.load("9.9.9", Lane.INTERACTIVE)
