"""The retraining loop as an operator meets it: lent images and gold, a run, a new version in service, nothing lost."""

import json
import threading
from contextlib import contextmanager

import pytest

from deploy.local.servers import free_ports
from jinwi import Client, JinwiError
from tests.processes import of_stack, wait_until

torch = pytest.importorskip("torch")

from tests.retrained import VERSION, champion, picture  # noqa: E402

LENT = 6
"""Images of each class that a tenant lends."""

OWNERS = 8

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def stack(folder, jinwi):
    """The whole system, where all that is lent is harvested at once and a published version serves at once."""
    home, port = folder / "retraining", free_ports(1)[0]
    environment = {
        "JINWI_HOME": str(home),
        "JINWI_PORT": str(port),
        "JINWI_MODEL_POLL_SECONDS": "0.5",
        "JINWI_HARVEST_SHARE": "1",
        "JINWI_HARVEST_QUARANTINE_DAYS": "0",
        # The default would want reviewers who have labelled for weeks.
        "JINWI_HARVEST_RULE": "confident",
        **dict.fromkeys(("JINWI_SHADOW_HOURS", "JINWI_SHADOW_IMAGES"), "0"),
        **dict.fromkeys(("JINWI_CANARY_HOURS", "JINWI_CANARY_IMAGES"), "0"),
        "OMP_NUM_THREADS": "1",
    }
    started = jinwi("up", "--detach", **environment)
    assert started.returncode == 0, started.stdout + started.stderr
    try:
        brought = champion(folder / "champion")
        imported = jinwi("models", "import", str(brought), "--promote", **environment)
        assert imported.returncode == 0, imported.stdout + imported.stderr
        yield environment
    finally:
        stopped = jinwi("down", **environment)
        assert stopped.returncode == 0, stopped.stdout + stopped.stderr


@pytest.fixture(scope="module")
def client(stack, folder):
    key = (folder / "retraining" / "key").read_text().strip()
    with Client(f"http://127.0.0.1:{stack['JINWI_PORT']}", key) as client:
        yield client


@pytest.fixture(scope="module")
def retrain(stack, jinwi):
    """`jinwi retrain --wait --json …`: the run, which ended with one of its three normal outcomes."""

    def run(*arguments):
        ended = jinwi("retrain", "--wait", "--json", *arguments, timeout=400, **stack)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        document = json.loads(ended.stdout)
        harvest = document["harvest"]
        assert harvest, document
        assert harvest["considered"] == harvest["admitted"] + sum(harvest["refused"].values())
        return document

    return run


@pytest.fixture(scope="module")
def lend(client):
    """Submits images that may be trained on; their jobs, done."""
    answer = client._http.patch("/v1/policy", json={"allow_training": True})
    assert answer.status_code == 200, answer.text

    def lend(seeds):
        return [client.verify(picture(label, seed), allow_training=True) for seed in seeds for label in (0, 1)]

    return lend


def gold(root, seeds, *, swapped=False):
    """A folder as `jinwi gold add` wants it; `swapped`: each picture under the other label."""
    for seed in seeds:
        for label in (0, 1):
            owner = root / ("human", "ai")[label] / f"{root.name}-{label}-{seed % OWNERS}"
            owner.mkdir(parents=True, exist_ok=True)
            (owner / f"{seed}.png").write_bytes(picture(1 - label if swapped else label, seed))
    return root


@contextmanager
def submitting(client):
    """One image after the other, for as long as it lasts; gives the list of their jobs."""
    jobs, stop, failed = [], threading.Event(), []

    def run():
        try:
            while not stop.is_set():
                jobs.append(client.verify(picture(len(jobs) % 2, 50_000 + len(jobs))))
        except JinwiError as exc:
            failed.append(exc)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield jobs
    finally:
        stop.set()
        thread.join(60)
    assert not failed


def test_what_is_lent_and_gold_become_a_version_that_serves_without_a_failed_job(
    client, stack, jinwi, retrain, lend, tmp_path, say
):
    assert {job.result.model_version for job in lend(range(7000, 7000 + LENT))} == {VERSION}
    added = jinwi("gold", "add", str(gold(tmp_path / "own", range(300, 316))), "--guard", "0", **stack)
    assert added.returncode == 0, added.stdout + added.stderr
    with submitting(client) as jobs:
        run = retrain("--mode", "head", "--min-samples", "5")
        assert run["outcome"] == "published", run["detail"]
        version = run["version"]
        wait_until(lambda: jobs[-1].result.model_version == version)
        served = len(jobs)
        wait_until(lambda: len(jobs) >= served + 5)
    assert {job.state for job in jobs} == {"done"}
    said = [job.result.model_version for job in jobs]
    assert said == sorted(said), "no image was scored by the old version after the new one"
    assert set(said) == {VERSION, version}
    assert run["harvest"]["admitted"] > 0
    assert run["snapshot"]["gold"] == 32
    assert all(ruling["passed"] for ruling in run["judgement"]["rulings"])
    assert client.model("champion").version == version
    assert client.model("champion").document["origin"] == "trained"
    say(
        f"{run['harvest']['considered']} considered, {run['harvest']['admitted']} admitted, {len(jobs)} jobs during the "
        f"run and the change from {VERSION} to {version}, none failed"
    )


def test_a_run_that_finds_too_little_that_is_new_says_so(retrain, lend):
    lend(range(7100, 7101))
    run = retrain("--min-samples", "1000")
    assert (run["outcome"], run["version"], run["judgement"]) == ("not_enough_samples", None, None)
    assert "1,000" in run["detail"]


def test_a_mode_that_lacks_gold_pictures_says_how_they_are_added(retrain):
    run = retrain("--mode", "full", "--min-samples", "0")
    assert run["outcome"] == "not_enough_samples"
    assert "jinwi gold add" in run["detail"]


def test_an_erased_job_is_in_no_later_snapshot(client, retrain, lend):
    jobs = lend(range(7200, 7200 + LENT))
    first = retrain("--min-samples", "100000")
    assert first["harvest"]["admitted"] > 0
    for job in jobs:
        client.erase(job)
    second = retrain("--min-samples", "100000")
    assert second["snapshot"]["id"] != first["snapshot"]["id"]
    assert second["snapshot"]["harvested"] == first["snapshot"]["harvested"] - first["harvest"]["admitted"]
    assert second["snapshot"]["samples"] == first["snapshot"]["samples"] - first["harvest"]["admitted"]


def test_a_candidate_that_the_guard_set_finds_worse_is_refused_with_the_rules_and_their_numbers(
    client, stack, jinwi, retrain, tmp_path
):
    """The owner of the installation teaches the opposite of what the pictures are."""
    before = client.model("champion").version
    taught = gold(tmp_path / "taught", range(9000, 9060), swapped=True)
    added = jinwi("gold", "add", str(taught), "--guard", "0", **stack)
    assert added.returncode == 0, added.stdout + added.stderr
    run = retrain("--min-samples", "0")
    assert (run["outcome"], run["version"]) == ("refused", None)
    failed = [ruling for ruling in run["judgement"]["rulings"] if not ruling["passed"]]
    assert failed
    assert all(isinstance(ruling["value"], float) and isinstance(ruling["limit"], float) for ruling in failed)
    assert all(ruling["name"] in run["detail"] for ruling in failed)
    assert client.model("champion").version == before
    shown = jinwi("runs", "show", run["id"], **stack)
    assert failed[0]["name"] in shown.stdout


def test_a_retrainer_that_is_killed_in_the_training_goes_on_where_it_was(client, stack, folder):
    run = client.retraining.start(mode="head", min_samples=0)
    wait_until(lambda: client.retraining.get(run.id).stage == "train", seconds=120)
    killed = of_stack(folder / "retraining", "services.retrainer")
    assert len(killed) >= 2, "the service, and the process of the run"
    for process in killed:
        process.kill()
    ended = client.retraining.wait(run, timeout=300)
    assert ended.outcome in {"published", "refused"}, ended.failure
    assert client.model("champion").version == (ended.version or client.model("champion").version)
