"""Retraining runs in both clients and on the command line, against a real server on the loopback."""

import asyncio
import json

import pytest
from typer.testing import CliRunner

from jinwi import AsyncClient, Client, RunTimeout
from jinwi.cli import app
from jinwi.commands.retrain import _bar
from jinwi.results import retraining as retraining_results
from jinwi.results.retraining import Run, RunFailure, RunOutcome, RunStage, RunState
from jinwi.texts.english import ENGLISH
from jinwi.texts.korean import KOREAN
from shared.domain import retraining as domain
from tests.unit.jinwi.conftest import KEY, Answer, problem

ROOT = "/v1/retraining"
HARVEST = {"considered": 12, "admitted": 5, "refused": {"no_second_signal": 4, "unstable": 3}}
RULINGS = [
    {
        "name": "partial_auroc",
        "passed": False,
        "weight": "primary",
        "value": 0.7114,
        "limit": -0.02,
        "detail": "0.71 against 0.74",
    },
    {"name": "latency", "passed": True, "weight": "limit", "value": 1.02, "limit": 1.5, "detail": "as fast"},
    {"name": "guard_worn", "passed": False, "weight": "notice", "value": 20, "limit": 20, "detail": "Replace it."},
]


def document(state="queued", **changed) -> dict:
    return {
        "id": "r1",
        "state": state,
        "stage": None,
        "mode": "head",
        "min_samples": 200,
        "seed": 0,
        "scheduled": False,
        "champion": "1.1.0",
        "waits_for": None,
        "progress": None,
        "harvest": None,
        "snapshot": None,
        "outcome": None,
        "detail": None,
        "judgement": None,
        "version": None,
        "failure_reason": None,
        "failure": None,
        "attempts": 0,
        "cancel_requested": False,
        "created_at": "2026-11-21T09:26:00+00:00",
        "started_at": None,
        "heartbeat_at": None,
        "finished_at": None,
    } | changed


TRAINING = document(
    "running",
    stage="train",
    progress={"stage": "train", "done": 3, "total": 40, "loss": 0.41234, "eta_seconds": 3725.0},
    harvest=HARVEST,
)
PUBLISHED = document("finished", outcome="published", version="1.2.0", detail="Published as 1.2.0.", harvest=HARVEST)
REFUSED = document(
    "finished", outcome="refused", detail="partial_auroc: 0.71", harvest=HARVEST, judgement={"rulings": RULINGS}
)
FEW = document("finished", outcome="not_enough_samples", detail="3 samples are new.", harvest=HARVEST)
FAILED = document("failed", stage="train", failure_reason="disk_full", failure="OSError: No space left on device")
CANCELLED = document("cancelled")


@pytest.fixture
def ends(jinwi):
    """The server's run goes through these documents, one a look, and stays as the last."""

    def script(*documents):
        left = list(documents)
        jinwi.routes[("POST", ROOT)] = Answer(status=202, document=document())
        jinwi.routes[("GET", f"{ROOT}/r1")] = lambda _: Answer(
            status=200, document=left.pop(0) if len(left) > 1 else left[0]
        )

    return script


@pytest.fixture
def command(jinwi, tmp_path):
    def run(*arguments):
        environment = {"JINWI_URL": jinwi.url, "JINWI_API_KEY": KEY, "JINWI_HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
        return CliRunner().invoke(app, [str(each) for each in arguments], env=environment)

    return run


def test_the_words_are_those_of_the_server():
    for name in ("Mode", "RunState", "RunStage", "RunOutcome", "RunFailure"):
        assert list(getattr(retraining_results, name)) == list(getattr(domain, name))


@pytest.mark.parametrize("language", [ENGLISH, KOREAN], ids=lambda language: language.code)
def test_each_language_has_a_word_for_every_state_stage_and_outcome(language):
    assert set(language.run_states) == set(RunState)
    assert set(language.stages) == set(RunStage)
    assert set(language.outcomes) == set(RunOutcome)
    assert set(language.run_failures) == set(RunFailure)


def test_a_run_is_asked_for_once_however_often_the_request_is_sent(jinwi, ends):
    ends(PUBLISHED)
    with Client(jinwi.url, KEY) as client:
        run = client.retraining.start(mode="head", min_samples=5)
    [asked] = [seen for seen in jinwi.seen if seen.method == "POST"]
    assert asked.fields == {"mode": "head", "min_samples": 5}
    assert asked.headers["idempotency-key"]
    assert (run.state, run.final) == (RunState.QUEUED, False)


def test_waiting_tells_each_step_and_gives_the_end(jinwi, ends, monkeypatch):
    monkeypatch.setattr("jinwi.clients.retraining.LOOK_SECONDS", 0.001)
    ends(document(), TRAINING, REFUSED)
    told = []
    with Client(jinwi.url, KEY) as client:
        run = client.retraining.wait("r1", tell=told.append)
    assert [each.state for each in told] == ["queued", "running", "finished"]
    assert told[1].progress.loss == 0.41234
    assert [ruling.name for ruling in run.rulings if not ruling.passed] == ["partial_auroc", "guard_worn"]


def test_waiting_ends_when_the_caller_has_waited_long_enough(jinwi, ends):
    ends(TRAINING)
    with Client(jinwi.url, KEY) as client, pytest.raises(RunTimeout) as raised:
        client.retraining.wait("r1", timeout=0)
    assert raised.value.run.stage is RunStage.TRAIN


def test_the_async_client_does_the_same(jinwi, ends):
    ends(TRAINING, PUBLISHED)
    pages = [{"runs": [document(), PUBLISHED], "next_cursor": "c"}, {"runs": [FEW], "next_cursor": None}]
    jinwi.routes[("GET", ROOT)] = lambda seen: Answer(status=200, document=pages["cursor" in seen.query])
    jinwi.routes[("POST", f"{ROOT}/r1/cancel")] = Answer(status=200, document=CANCELLED)

    async def all_of_it():
        client = AsyncClient(jinwi.url, KEY)
        started = await client.retraining.start()
        seen = await client.retraining.get("r1")
        ended = await client.retraining.wait(started)
        listed = [run.state async for run in client.retraining.list()]
        cancelled = await client.retraining.cancel(started)
        await client.close()
        return seen.state, ended.outcome, listed, cancelled.state

    with Client(jinwi.url, KEY) as client:
        assert [run.state for run in client.retraining.list(limit=3)] == ["queued", "finished", "finished"]
    assert asyncio.run(all_of_it()) == ("running", "published", ["queued", "finished", "finished"], "cancelled")


@pytest.mark.parametrize(
    ("end", "code"),
    [(PUBLISHED, 0), (REFUSED, 0), (FEW, 0), (FAILED, 1), (CANCELLED, 1)],
    ids=["published", "refused", "not_enough_samples", "failed", "cancelled"],
)
def test_every_outcome_is_exit_code_0_and_a_failure_is_not(command, ends, end, code):
    ends(end)
    said = command("retrain", "--wait", "--json", "--mode", "head", "--min-samples", 5)
    assert said.exit_code == code
    assert json.loads(said.stdout) == end


@pytest.mark.parametrize("language", [ENGLISH, KOREAN], ids=lambda language: language.code)
def test_a_failure_is_shown_in_both_languages_with_its_detail(command, ends, language):
    ends(FAILED)
    for arguments in (["retrain", "--wait"], ["runs", "show", "r1"]):
        said = " ".join(command(*arguments, "--lang", language.code).stdout.replace("│", " ").split())
        assert " ".join(language.run_failures[RunFailure.DISK_FULL].split()[:3]) in said
        assert "No space left on device" in said


def test_a_failure_that_an_older_server_noted_is_shown_in_its_own_words(command, ends):
    ends(FAILED | {"failure_reason": None})
    assert "No space left on device" in command("runs", "show", "r1").stdout


def test_a_refused_candidate_is_shown_with_the_rules_that_failed_and_their_numbers(command, ends):
    ends(REFUSED)
    ended = command("retrain", "--wait")
    said = ended.stdout
    assert "refused by the gate" in said
    assert "guard_worn" not in said
    assert "Replace it." in ended.stderr
    assert "partial_auroc" in said
    assert "0.7114" in said
    assert "latency" not in said
    assert "no_second_signal" in said


def test_korean_is_said_in_korean(command, ends):
    ends(FEW)
    said = command("retrain", "--wait", "--lang", "ko").stdout
    assert "표본 부족" in said
    assert "살펴본 표본" in said


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_without_a_retrainer_one_line_says_how_to_install_it(command, jinwi, lang):
    refusal = problem(409, "No retrainer is alive", "pip install 'jinwi[retrainer]'")
    refusal.document["type"] = "urn:jinwi:problem:no-retrainer"
    jinwi.routes[("POST", ROOT)] = refusal
    said = command("retrain", "--lang", lang)
    assert said.exit_code == 1
    assert "jinwi[retrainer]" in said.stderr
    assert len(said.stderr.splitlines()) == 1


def test_runs_are_listed_and_the_rest_is_counted(command, jinwi):
    jinwi.routes[("GET", ROOT)] = Answer(
        status=200, document={"runs": [document(waits_for="r0"), TRAINING, REFUSED], "next_cursor": None}
    )
    said = command("runs", "list", "--limit", 2)
    assert "waits for r0" in said.stdout
    assert "training" in said.stdout
    assert "refused" not in said.stdout
    assert "There are more than these 2" in said.stderr


def test_the_line_of_progress_says_the_stage_the_epoch_the_loss_and_the_time_left():
    bar = _bar(ENGLISH, Run.from_document(TRAINING))
    assert bar == {
        "description": "training",
        "total": 40,
        "completed": 3,
        "figures": "3 of 40 · loss 0.4123 · 1:02:05 left",
    }
    assert _bar(ENGLISH, Run.from_document(document(waits_for="r0")))["description"] == "queued, waits for r0"
