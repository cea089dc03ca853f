import json

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("onnx")

from services.retrainer.domains import command
from services.retrainer.domains.command import main, with_domains
from services.retrainer.domains.file import DomainFile
from services.retrainer.training.left_out import Seen
from shared.domain.domains import Domain
from shared.domain.job import Lane
from shared.errors import ConfigurationError
from tests.unit.services.retrainer.versions.made import jpeg, loaded, version

OWNERS = 6
EACH = 4


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    return version(tmp_path_factory.mktemp("bare"), sets=False)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Each owner's are photographs and paintings; half of the owners are generators."""
    root = tmp_path_factory.mktemp("pictures")
    lines = ["path,label,kind,group,generator"]
    for owner in range(OWNERS):
        for number in range(EACH):
            name, kind = f"{owner}-{number}.jpg", ("photo", "painting")[number % 2]
            (root / name).write_bytes(jpeg(number % 2, 10 * owner + number))
            lines.append(f"{name},{('human', 'ai')[owner % 2]},{kind},owner{owner}+pictures,")
    (root / "labels.csv").write_text("\n".join(lines))
    return root


def run_folder(root, count=OWNERS * EACH):
    """Of a training: one look's scores and those of another."""
    for lane in Lane:
        logits = np.linspace(-4, 4, 2 * count, dtype=np.float32).reshape(count, 2)
        Seen(logits=logits, short_sides=np.full((count, 2), 80, np.int32)).save(
            root / f"left-out-{lane.value}-matched-0123456789ab.npz"
        )
    return root


@pytest.fixture
def few_strangers(monkeypatch):
    kept = {name: images[:1] for name, images in command.strangers().items() if name in {"white", "noise"}}
    monkeypatch.setattr(command, "strangers", lambda: kept)


def test_a_trained_version_becomes_one_that_tells_domains(bare, pictures, tmp_path, few_strangers):
    run = run_folder(tmp_path / "run")
    made = with_domains(
        bare, "1.0.1", tmp_path / "out", data=[str(pictures)], run=run, whole={"the same": str(pictures)}
    )
    model, card = loaded(made), json.loads((made / "card.json").read_text())
    assert model.card.version == "1.0.1"
    told = card["domains"]
    assert set(told["measured"]) == {
        "matched, bulk, owners left out", "matched, interactive, owners left out", "whole, interactive, the same",
    }  # fmt: skip
    assert set(told["unfamiliar"]["made"]) == {"white", "noise"}
    assert told["measured"]["matched, bulk, owners left out"]["pictures"] == OWNERS * EACH
    images = sum(told["records"]["bulk"][name.value]["images"] for name in Domain)
    assert images == OWNERS * EACH // 2  # people's
    assert "## Kinds of pictures" in (made / "card.md").read_text()
    assert (made / "model.safetensors").read_bytes() == (bare / "model.safetensors").read_bytes()


def test_records_hold_the_first_looks_calibrated_scores(bare, pictures, tmp_path, few_strangers):
    run = run_folder(tmp_path / "run")
    made = with_domains(bare, "1.0.1", tmp_path / "out", data=[str(pictures)], run=run, whole={})
    records = DomainFile.of_version(made).domains.records
    logits = np.linspace(-4, 4, 2 * OWNERS * EACH)[::2]
    human = np.arange(OWNERS * EACH) // EACH % 2 == 0
    expected = 1 / (1 + np.exp(-(logits[human] / 2 + 0.1)))
    assert records.scores[records.lanes == "bulk"].tolist() == pytest.approx(expected.tolist(), abs=1e-5)


def test_scores_of_other_data_are_refused(bare, pictures, tmp_path):
    with pytest.raises(ConfigurationError, match="holds 0 files of left-out scores"):
        with_domains(bare, "1.0.1", tmp_path / "out", data=[str(pictures)], run=tmp_path, whole={})
    run = run_folder(tmp_path / "run", count=5)
    with pytest.raises(ConfigurationError, match="scores of 5 pictures, and the data hold 24"):
        with_domains(bare, "1.0.1", tmp_path / "out", data=[str(pictures)], run=run, whole={})


def test_a_whole_set_must_have_a_name(bare, tmp_path):
    with pytest.raises(SystemExit, match="NAME=DATA"):
        main([
            str(bare), "--version", "1.0.1", "--out", str(tmp_path), "--data", "x", "--run", "y", "--whole", "pictures",
        ])  # fmt: skip
