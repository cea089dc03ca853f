"""A version goes by itself through shadow and canary to champion, and back by hand, while images keep coming."""

import contextlib
import io
import itertools
import json
import threading
import time
from collections import Counter
from datetime import datetime

import numpy as np
import pytest
from PIL import Image

from deploy.local.servers import free_ports
from jinwi import Client
from tests.models import brightness
from tests.processes import of_stack, wait_until
from tests.webserver import serve

FIRST, SECOND, THIRD = "100.0.0", "100.1.0", "100.2.0"
PATIENCE = 120
SECONDS = 60
"""Within which a rollback must have reached every worker."""


@pytest.fixture(scope="module")
def stack(folder, jinwi):
    """The whole system with two scoring processes, where a version is tried on a few pictures."""
    home, port = folder / "rollout", free_ports(1)[0]
    environment = {
        "JINWI_HOME": str(home),
        "JINWI_PORT": str(port),
        "JINWI_ALLOWED_NETWORKS": "127.0.0.0/8",
        "JINWI_WORKER_PROCESSES": "2",
        "JINWI_SHADOW_SHARE": "0.5",
        "JINWI_SHADOW_HOURS": "0",
        "JINWI_SHADOW_IMAGES": "30",
        "JINWI_CANARY_SHARE": "0.3",
        "JINWI_CANARY_HOURS": "0",
        "JINWI_CANARY_IMAGES": "15",
    }
    started = jinwi("up", "--detach", **environment)
    assert started.returncode == 0, started.stdout + started.stderr
    try:
        yield home, f"http://127.0.0.1:{port}", (home / "key").read_text().strip()
    finally:
        stopped = jinwi("down", **environment)
        assert stopped.returncode == 0, stopped.stdout + stopped.stderr


def picture(number):
    pixels = np.random.default_rng(number).integers(0, 120, (40, 40, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


@contextlib.contextmanager
def load(url, key):
    """Four senders with ever new pictures; yields the list of their finished jobs, whole at the end."""
    jobs, numbers, stop = [], itertools.count(), threading.Event()

    def send():
        with Client(url, key) as client:
            while not stop.is_set():
                jobs.append(client.verify(picture(next(numbers)), timeout=PATIENCE, lane="bulk"))

    senders = [threading.Thread(target=send) for _ in range(4)]
    for sender in senders:
        sender.start()
    try:
        yield jobs
    finally:
        stop.set()
        for sender in senders:
            sender.join(PATIENCE)


def version(job):
    return job.result.model_version if job.result else None


def scorers(home):
    return {process.pid for process in of_stack(home, "score@")}


def test_a_version_takes_over_by_itself_and_a_rollback_costs_no_job(stack, tmp_path, say):
    home, url, key = stack
    with Client(url, key) as client, serve(lambda _: (204, {}, b"")) as web:
        client.webhooks.add(f"{web.url}/hook", events=["model.promoted"])
        for number in (FIRST, SECOND):
            client.upload_model(brightness(tmp_path / number, number))
        client.promote_model(FIRST)
        workers = scorers(home)
        with load(url, key) as jobs:
            wait_until(lambda: version(jobs[-1]) == FIRST if jobs else False, PATIENCE)
            client.begin_rollout(SECOND, why="a test")
            wait_until(lambda: client.rollout(SECOND)["state"] == "champion", PATIENCE)
            wait_until(lambda: {version(job) for job in jobs[-20:]} == {SECOND}, PATIENCE)
            began = time.time()
            client.roll_back_model()
            wait_until(lambda: {version(job) for job in jobs[-100:]} == {FIRST}, PATIENCE)
        moves = [move["after"] for move in reversed(client.rollout(SECOND)["moves"])]
        wait_until(lambda: len(web.asked) == 3, PATIENCE)
    assert moves == ["shadow", "canary", "champion", "retired"]
    assert Counter(job.state for job in jobs) == {"done": len(jobs)}
    assert scorers(home) == workers
    told = [json.loads(asked.body) for asked in web.asked]
    assert sorted((one["type"], one["data"]["version"]) for one in told) == [
        ("model.promoted", FIRST),
        ("model.promoted", FIRST),
        ("model.promoted", SECOND),
    ]
    [taken_over] = [one["data"] for one in told if one["data"]["version"] == SECOND]
    assert (taken_over["previous"], taken_over["changed"]) == (FIRST, 0.0)
    assert taken_over["n"] >= 30
    last = max(ended(job) for job in jobs if version(job) == SECOND)
    say(f"{len(jobs)} jobs, all done; {last - began:.1f} s after the rollback no worker answered with what was left")
    assert last - began < SECONDS


def test_a_version_that_would_accuse_people_is_stopped_by_itself_and_answers_nothing(stack, tmp_path, say):
    _, url, key = stack
    with Client(url, key) as client:
        directory = brightness(tmp_path / THIRD, THIRD, calibration={"temperature": 1.0, "bias": 9.0})
        client.upload_model(directory)
        champion = client.model().version
        with load(url, key) as jobs:
            client.begin_rollout(THIRD, why="a test")
            wait_until(lambda: client.rollout(THIRD)["state"] != "shadow", PATIENCE)
        said = client.rollout(THIRD)
    assert said["state"] == "stopped"
    assert said["moves"][0]["why"].startswith("human_to_ai:")
    assert said["moves"][0]["key_id"] is None
    assert Counter((job.state, version(job)) for job in jobs) == {("done", champion): len(jobs)}
    say(f"stopped after {said['shadow']['n']} pictures in shadow: {said['moves'][0]['why']}")


def ended(job):
    return datetime.fromisoformat(job.document["finished_at"]).timestamp()
