import csv
import io

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")

from services.retrainer.reproduce import aiornot, artbench, cifake, published, reproduce  # noqa: E402
from shared.errors import ConfigurationError  # noqa: E402
from tests.unit.services.retrainer.reproduce import made  # noqa: E402

torch.set_num_threads(1)  # on tensors this small, threads mostly wait for each other


def rows(report, title):
    """First cell → the rest."""
    [table] = [table for table in report.tables if table.title == title]
    return {row[0]: list(row[1:]) for row in table.rows}


# CIFAKE


@pytest.fixture
def small_grid(monkeypatch):
    monkeypatch.setattr(
        cifake, "CIFAKE_GRID", {place: share for place, share in published.CIFAKE_GRID.items() if place[0] == 16}
    )
    monkeypatch.setattr(cifake, "FILTERS", (16,))
    monkeypatch.setattr(cifake, "UNITS", (8,))


def test_cifakes_grid_stands_beside_the_published_one(small_grid, tmp_path):
    report = cifake.run(made.order(made.cifake(tmp_path / "data"), tmp_path / "out", trials=1))
    extractors = rows(report, "Feature extractors")["16"]
    assert extractors[::2] == pytest.approx([90.06, 91.46, 91.63])
    assert all(0 <= accuracy <= 100 for accuracy in extractors[1::2])
    assert None not in rows(report, "Dense heads")["8"]
    assert list(rows(report, "Search over learning rate, dropout and filters")) == ["search 1"]
    best = rows(report, "The best network")
    assert best["published"][1:3] == pytest.approx([93.55, 0.936])
    assert best["ours"][0] == 20
    with Image.open(io.BytesIO(report.files["gradcam.png"])) as sheet:
        assert sheet.height > sheet.width > 500


def test_cifakes_duplicates_are_left_out_of_a_figure_of_their_own(small_grid, tmp_path):
    data = made.cifake(tmp_path / "data")
    for name in ("0001.jpg", "0002.jpg"):
        (data / "test" / "fake" / name).write_bytes((data / "train" / "fake" / name).read_bytes())
    report = cifake.run(made.order(data, tmp_path / "out"))
    assert "of which 2 also stand in training" in report.said
    assert rows(report, "The best network")["ours, without duplicates"][0] == 18


def test_a_table_whose_networks_are_not_trained_yet_has_no_figures(tmp_path):
    report = cifake.run(made.order(made.cifake(tmp_path / "data", test=4), tmp_path / "out", seconds=0))
    assert rows(report, "Feature extractors")["128"] == pytest.approx([91.39, None, 92.98, None, 92.07, None])
    assert [table.title for table in report.tables] == ["Feature extractors", "Dense heads"]
    assert not report.files


def test_cifakes_report_does_without_maps_where_weights_were_not_kept(small_grid, tmp_path):
    order = made.order(made.cifake(tmp_path / "data", test=4), tmp_path / "out")
    assert "gradcam.png" in cifake.run(order).files
    for file in order.runs.glob("*.weights.pt"):
        file.unlink()
    again = cifake.run(order)
    assert rows(again, "The best network")["ours"][0] == 8
    assert not again.files


# aiornot


@pytest.fixture(scope="module")
def competition(tmp_path_factory):
    folder = tmp_path_factory.mktemp("aiornot")
    return aiornot.run(made.order(made.aiornot(folder / "data"), folder / "out", passes=30), side=16)


def test_aiornots_table_by_class_stands_beside_the_published_one(competition):
    by_class = rows(competition, "By class")
    assert list(by_class) == ["class 0 (human)", "class 1 (ai)", "macro", "weighted"]
    assert by_class["class 1 (ai)"][::2] == [0.7023, 0.8451, 0.7671, 24_104]
    assert by_class["class 1 (ai)"][7] == 5
    overall = rows(competition, "Test part")
    assert overall["ROC AUC"][0] == 0.869
    assert overall["accuracy"][1] > 0.8


def test_aiornots_files_have_picture_label_and_prediction(competition):
    lines = list(csv.DictReader(io.StringIO(competition.files["files.csv"].decode())))
    assert len(lines) == 10
    assert {line["file"]: line["label"] for line in lines}["1.jpg"] == "ai"
    assert {line["prediction"] for line in lines} <= {"likely_ai", "likely_human"}
    assert competition.files["files.html"].count(b"<img ") == 10


def test_aiornots_curve_is_a_picture(competition):
    with Image.open(io.BytesIO(competition.files["roc.png"])) as image:
        assert image.width == image.height > 500


def test_aiornots_pictures_are_split_seven_to_three():
    from services.retrainer.data.samples import Dataset, Sample

    samples = [Sample(name=str(index), label=index % 2, owner="", read=bytes) for index in range(18_618)]
    train, validation = aiornot.split(Dataset("x", samples), 0)
    assert (len(train), len(validation)) == (13_032, 5_586)
    assert not {sample.name for sample in train.samples} & {sample.name for sample in validation.samples}


@pytest.mark.parametrize("ai_value", ["0", "1"])
def test_which_label_means_ai_can_be_said(ai_value, tmp_path):
    data = made.aiornot(tmp_path / "data", train=8, test=4, ai_value=ai_value)
    report = aiornot.run(made.order(f"{data}?ai_value={ai_value}", tmp_path / "out"), side=8)
    assert f"class {ai_value} (ai)" in rows(report, "By class")
    lines = list(csv.DictReader(io.StringIO(report.files["files.csv"].decode())))
    assert {line["file"] for line in lines if line["label"] == "ai"} == {"1.jpg", "3.jpg"}


def test_without_a_table_the_name_of_a_test_picture_tells_its_class(tmp_path):
    test = aiornot.named(made.aiornot(tmp_path, train=2, test=4, table=False) / "test")
    assert {sample.name: sample.label for sample in test.samples} == {
        "1_0.jpg": 0,
        "0_1.jpg": 1,
        "1_2.jpg": 0,
        "0_3.jpg": 1,
    }


def test_a_name_that_tells_no_class_is_refused(tmp_path):
    made.write(tmp_path / "cat.jpg", 0, np.random.default_rng(0), 8)
    with pytest.raises(ConfigurationError, match=r"must begin with 1 \(real\) or 0 \(AI\); cat\.jpg does not"):
        aiornot.named(tmp_path)


# AI-ArtBench


@pytest.fixture(scope="module")
def art(tmp_path_factory):
    folder = tmp_path_factory.mktemp("art")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(artbench, "SAMPLES", 4)
        return artbench.run(made.order(made.artbench(folder / "data"), folder / "out"))


def test_artbenchs_two_networks_stand_beside_the_published_ones(art):
    overall = rows(art, "Test part")
    assert overall["32 px"][:3] == [186_370, 186_370, 0.928]
    assert overall["128 px"][:3] == [None, 3_725_314, 0.941]


def test_artbenchs_networks_are_compared_picture_by_picture_and_by_style(art):
    agreement = rows(art, "Where the two agree")
    assert sum(pictures for pictures, _ in agreement.values()) == 24
    assert set(rows(art, "By style and maker")) == {"realism", "AI_LD_realism", "AI_SD_ukiyo_e"}


def test_artbenchs_pictures_are_judged_plain_and_altered(art):
    altered = rows(art, "By alteration")
    assert list(altered) == ["plain", "blur", "noise", "colour", "watermark", "all", "all together"]
    assert altered["all together"][0] == 24
    assert altered["all together"][1] == sum(row[1] for name, row in altered.items() if name != "all together")
    with Image.open(io.BytesIO(art.files["sensitivity.png"])) as sheet:
        assert sheet.width > 500


# All


def test_an_experiment_writes_its_report_and_goes_on_when_called_again(small_grid, tmp_path, capsys):
    data = made.cifake(tmp_path / "data", test=4)
    first = reproduce("cifake", data=str(data), out=tmp_path / "out", passes=1, minutes=0)
    unfinished = first.read_text()
    page = reproduce("cifake", data=str(data), out=tmp_path / "out", passes=1)
    assert "| 16 | 90.06 | – |" in unfinished
    assert "| 16 | 90.06 | – |" not in page.read_text()
    assert page == tmp_path / "out" / "report.md"
    assert f"wrote {page}" in capsys.readouterr().out
