import json

import numpy as np
import pytest

pytest.importorskip("torch")

from bench import stability
from bench.pictures import photographs
from bench.stability import Seen, auroc, report
from services.retrainer.sources import open_datasets
from shared import scoring
from shared.domain.job import Lane
from shared.domain.stability import Stability, View
from shared.domain.verdict import Thresholds
from shared.errors import ConfigurationError
from shared.scoring.session import Model

SHIPPED = scoring.SHIPPED / "0.1.0"


def seen(own, *others, is_ai, owner):
    views = [View(name="jpeg-70", ai_probability=other) for other in others]
    return Seen(
        is_ai=is_ai,
        owner=owner,
        stability=Stability(ai_probability=own, thresholds=Thresholds(), views=views),
    )


@pytest.mark.parametrize(
    ("values", "expected"), [((3, 4, 1, 2), 1), ((1, 2, 3, 4), 0), ((1, 1, 1, 1), 0.5), ((1, 4, 2, 3), 0.5)]
)
def test_auroc_is_how_often_a_wrong_one_has_more(values, expected):
    assert auroc(np.array(values, float), np.array([True, True, False, False])) == expected


def test_where_nothing_is_wrong_there_is_no_auroc():
    assert np.isnan(auroc(np.ones(3), np.zeros(3, bool)))


def test_flips_that_mark_the_errors_beat_the_null_and_others_do_not():
    """Errors as sure as the rest, and only they flip."""
    pictures = [seen(0.9, 0.9, is_ai=True, owner=f"right {number}") for number in range(20)]
    pictures += [seen(0.9, 0.1, is_ai=False, owner=f"wrong {number}") for number in range(20)]
    found = report(pictures, seed=0)
    assert (found["wrong"], found["flip"], found["flip_and_wrong"]) == (20, 20, 20)
    assert found["signals"]["p (1 - p)"]["auroc"] == 0.5
    assert found["signals"]["flips"]["beyond_null_interval"] == [0.5, 0.5]


def test_flips_near_the_threshold_do_not_beat_the_null():
    pictures = [seen(0.9 if number % 2 else 0.45, 0.9, is_ai=True, owner=f"{number}") for number in range(20)]
    found = report(pictures, seed=0)
    assert found["signals"]["flips"]["beyond_null"] == 0


def test_the_command_looks_at_labelled_pictures(tmp_path, capsys):
    for number, (kind, file) in enumerate(zip(("human", "ai") * 2, photographs(4), strict=True)):
        folder = tmp_path / "data" / kind / f"owner-{number}"
        folder.mkdir(parents=True)
        (folder / "a.jpg").write_bytes(file)
    out = tmp_path / "out.json"
    stability.main([str(tmp_path / "data"), "--version", str(SHIPPED), "--lane", "bulk", "--out", str(out)])
    document = json.loads(out.read_text())
    assert document["all pictures"]["pictures"] == 4
    assert "beyond the null" in capsys.readouterr().out


def test_some_of_the_pictures_are_drawn_by_the_seed(tmp_path):
    for number, file in enumerate(photographs(6)):
        folder = tmp_path / "data" / ("ai" if number % 2 else "human") / f"owner-{number}"
        folder.mkdir(parents=True)
        (folder / "a.jpg").write_bytes(file)
    data = open_datasets([tmp_path / "data"])
    chosen = stability.drawn(data, 3, seed=1)
    assert len(chosen) == 3
    assert [one.name for one in chosen.samples] == [one.name for one in stability.drawn(data, 3, seed=1).samples]
    assert stability.drawn(data, 6, seed=1) is stability.drawn(data, None, seed=1) is data


def test_a_run_is_of_no_use_without_what_it_was_trained_on(capsys):
    with pytest.raises(SystemExit):
        stability.main(["data", "--run", "runs/1.1.0.run"])
    assert "--run and --trained need one another" in capsys.readouterr().err


def test_a_picture_of_an_owner_whom_no_network_was_kept_from_is_refused(monkeypatch, tmp_path):
    """The networks would know the owner, or nobody could say."""
    (tmp_path / "data" / "human" / "stranger").mkdir(parents=True)
    (tmp_path / "data" / "human" / "stranger" / "a.jpg").write_bytes(photographs(1)[0])
    (tmp_path / "data" / "ai" / "known").mkdir(parents=True)
    (tmp_path / "data" / "ai" / "known" / "a.jpg").write_bytes(photographs(2)[1])
    data = open_datasets([tmp_path / "data"])
    monkeypatch.setattr(stability.owners_out, "judges", lambda *_: {"known": None})
    model = Model.load(SHIPPED, provider="cpu", threads=1)
    with pytest.raises(ConfigurationError, match="no owner called 'stranger'"):
        stability.of_run(model, Lane.BULK, data, tmp_path, trained=data, arch="jinwi-cnn")
