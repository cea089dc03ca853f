"""`jinwi models import`, `promote` and `rollback` against a real server on the loopback."""

import asyncio
import json
import sys

import pytest
from typer.testing import CliRunner

from jinwi import AsyncClient, Client, Refused
from jinwi.cli import app
from tests import foreign
from tests.unit.jinwi.conftest import KEY, Answer, problem

VERSION = {"version": "100.0.0", "state": "available", "aliases": [], "card": {}}
FILES = {"card.json", "card.md", "golden.npz", "manifest.json", "metrics.json", "model.onnx"}


@pytest.fixture
def command(jinwi, tmp_path):
    def run(*arguments, **changed):
        variables = {"JINWI_URL": jinwi.url, "JINWI_API_KEY": KEY, "LC_ALL": "C.UTF-8", **changed}
        return CliRunner().invoke(app, ["models", *(str(each) for each in arguments)], env=variables)

    return run


@pytest.fixture
def detector(tmp_path):
    """A user's file and card."""
    return foreign.graph(tmp_path / "detector.onnx"), foreign.card(tmp_path / "card.yaml")


@pytest.fixture
def folder(command, detector, tmp_path):
    """A version's folder, made of them."""
    file, card = detector
    assert command("import", file, "--card", card, "--out", tmp_path / "made").exit_code == 0
    return tmp_path / "made" / "100.0.0"


@pytest.fixture
def accepting(jinwi):
    """The server takes every version."""
    champion = {**VERSION, "aliases": ["champion"]}
    jinwi.routes = {
        ("POST", "/v1/models"): Answer(status=201, document=VERSION),
        ("POST", "/v1/models/100.0.0/promote"): Answer(status=200, document=champion),
        ("POST", "/v1/models/rollback"): Answer(status=200, document={**champion, "version": "0.1.0"}),
    }
    return jinwi


def posts(jinwi):
    return [seen for seen in jinwi.seen if seen.method == "POST"]


def test_a_file_and_its_card_are_made_a_version_and_sent_whole(command, detector, accepting):
    file, card = detector
    result = command("import", file, "--card", card)
    assert result.exit_code == 0, result.stderr
    [sent] = posts(accepting)
    assert sent.path == "/v1/models"
    assert sent.fields.keys() == FILES
    assert json.loads(sent.fields["card.json"])["name"] == "mean-colour"
    made, registered = result.stdout.splitlines()
    assert made.startswith("100.0.0: made. It gives the logits of the graph")
    assert "`jinwi models promote 100.0.0`" in registered
    assert "no calibration" in result.stderr


def test_a_calibrated_card_is_not_warned_of(command, tmp_path, accepting):
    card = foreign.card(tmp_path / "card.yaml", calibration={"temperature": 1.5})
    result = command("import", foreign.graph(tmp_path / "detector.onnx"), "--card", card)
    assert (result.exit_code, result.stderr) == (0, "")


def test_it_is_promoted_at_once_where_that_is_asked(command, detector, accepting):
    file, card = detector
    result = command("import", file, "--card", card, "--promote", "--json")
    assert [sent.path for sent in posts(accepting)] == ["/v1/models", "/v1/models/100.0.0/promote"]
    assert json.loads(result.stdout)["aliases"] == ["champion"]


def test_with_out_the_folder_is_made_and_nothing_is_sent(command, jinwi, detector, tmp_path):
    file, card = detector
    result = command("import", file, "--card", card, "--out", tmp_path / "made", "--json")
    said = json.loads(result.stdout)
    assert (said["version"], said["directory"]) == ("100.0.0", str(tmp_path / "made" / "100.0.0"))
    assert 0 <= said["difference"] < 1e-4
    assert {path.name for path in (tmp_path / "made" / "100.0.0").iterdir()} == FILES
    assert jinwi.seen == []


def test_a_versions_folder_is_checked_and_sent_as_it_is(command, folder, accepting):
    assert command("import", folder).exit_code == 0
    [sent] = posts(accepting)
    assert sent.fields.keys() == FILES
    assert sent.fields["card.json"] == (folder / "card.json").read_text()


def test_a_damaged_folder_is_not_sent(command, folder, accepting):
    (folder / "golden.npz").write_bytes(b"x")
    result = command("import", folder)
    assert result.exit_code == 1
    assert "golden.npz is not the file" in result.stderr
    assert posts(accepting) == []


def test_what_is_wrong_with_the_card_is_said_in_one_line(command, detector, tmp_path, accepting):
    file, _ = detector
    result = command("import", file, "--card", foreign.card(tmp_path / "card.yaml", version="1"))
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line == f"{tmp_path / 'card.yaml'}: version: must be MAJOR.MINOR.PATCH, as in 100.0.0"
    assert posts(accepting) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["{file}"], "needs its card"),
        (["{tmp}", "--card", "{card}"], "is a version already"),
        (["{tmp}", "--out", "{tmp}"], "is a version already"),
        (["{file}", "--card", "{card}", "--out", "{tmp}", "--promote"], "cannot be promoted"),
        (["{tmp}/none.onnx", "--card", "{card}"], "No such file"),
    ],
)
def test_what_makes_no_sense_is_a_wrong_usage(command, jinwi, detector, tmp_path, arguments, said):
    file, card = detector
    result = command("import", *(each.format(file=file, card=card, tmp=tmp_path) for each in arguments))
    assert result.exit_code == 2
    assert said in result.stderr
    assert jinwi.seen == []


@pytest.mark.parametrize("part", ["onnx", "yaml"])
def test_a_missing_part_is_named_with_its_extra(command, detector, monkeypatch, part):
    monkeypatch.setitem(sys.modules, part, None)
    for loaded in [name for name in sys.modules if name.startswith("services.retrainer.bring.")]:
        monkeypatch.delitem(sys.modules, loaded)
    file, card = detector
    result = command("import", file, "--card", card)
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        f"{part} is not installed. In the folder of Jinwi's source: pip install '.[models]'"
    ]


def test_a_version_is_promoted_and_rolled_back(command, accepting):
    assert "Version 100.0.0 is champion." in command("promote", "100.0.0").stdout
    assert "0.1.0 is champion again" in command("rollback").stdout
    assert "버전 0.1.0" in command("rollback", "--lang", "ko").stdout
    assert json.loads(command("promote", "100.0.0", "--json").stdout)["version"] == "100.0.0"
    assert json.loads(command("rollback", "--json").stdout)["version"] == "0.1.0"


def test_a_rollback_that_finds_nothing_says_so(command, jinwi):
    jinwi.routes = {("POST", "/v1/models/rollback"): problem(409, "Conflict", "There is no previous version.")}
    result = command("rollback")
    assert (result.exit_code, result.stderr) == (1, "There is no previous version.\n")


def test_progress_counts_each_byte_once_though_it_is_sent_again(jinwi, folder):
    answers = [problem(503, "Away", "Later."), Answer(status=201, document=VERSION)]
    jinwi.routes = {("POST", "/v1/models"): lambda _: answers.pop(0)}
    counted = []
    with Client(jinwi.url, KEY) as client:
        assert client.upload_model(folder, progress=counted.append).version == "100.0.0"
    assert len(posts(jinwi)) == 2
    assert sum(counted) == sum(file.stat().st_size for file in folder.iterdir())
    assert posts(jinwi)[1].fields == posts(jinwi)[0].fields


def test_the_async_client_does_the_same(accepting, folder):
    async def run():
        client = AsyncClient(accepting.url, KEY)
        try:
            return [
                (await client.upload_model(folder)).version,
                (await client.promote_model("100.0.0")).aliases,
                (await client.roll_back_model()).version,
            ]
        finally:
            await client.close()

    assert asyncio.run(run()) == ["100.0.0", ("champion",), "0.1.0"]
    assert posts(accepting)[0].fields.keys() == FILES


def test_a_refused_version_is_an_error_that_names_its_files(jinwi, folder):
    jinwi.routes = {("POST", "/v1/models"): problem(422, "A field is wrong", "model.onnx: damaged")}
    with Client(jinwi.url, KEY) as client, pytest.raises(Refused, match=r"model\.onnx: damaged"):
        client.upload_model(folder)
