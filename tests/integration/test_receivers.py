"""The receivers that the documentation shows, each run as it says, at the end of a real delivery."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from shared.storage import webhook_endpoints, webhook_log
from tests.integration.factories import add_endpoint, finish_one
from tests.integration.sending import deliveries, send

FOLDER = Path(__file__).parents[2] / "docs/how-to/receivers"


class Receiver:
    """A receiver that runs; `said` is its next line."""

    def __init__(self, process: subprocess.Popen) -> None:
        self._process = process
        self.url = f"http://127.0.0.1:{self.said().removeprefix('listening on port ')}/jinwi"

    def said(self) -> str:
        return self._process.stdout.readline().strip()


@pytest.fixture(params=["receiver.py", "receiver.mjs"])
def start(request, program):
    """Starts the receiver with a secret, on a free port."""
    running = []
    command = [sys.executable, "-u"] if request.param.endswith(".py") else [program("node")]

    def start(secret: str) -> Receiver:
        environment = {"PATH": os.environ["PATH"], "WEBHOOK_SECRET": secret}
        process = subprocess.Popen(
            [*command, FOLDER / request.param, "0"], env=environment, stdout=subprocess.PIPE, text=True
        )
        running.append(process)
        return Receiver(process)

    yield start
    for process in running:
        process.kill()
        process.communicate()


@pytest.fixture
def endpoint(database, tenant):
    return add_endpoint(database, tenant, "http://127.0.0.1:9/")


def point(database, endpoint, receiver):
    with database.transaction() as connection:
        connection.execute("UPDATE webhook_endpoints SET url = %s WHERE id = %s", (receiver.url, endpoint["id"]))


@pytest.mark.parametrize("name", ["receiver.py", "receiver.mjs"])
def test_the_page_shows_the_very_receivers_that_are_run_here(name):
    page = FOLDER.with_name("webhooks.md").read_text(encoding="utf-8")
    assert f"\n{(FOLDER / name).read_text(encoding='utf-8').rstrip()}\n```" in page


def test_a_delivery_is_accepted_once_and_known_when_it_comes_again(database, store, tenant, sender, endpoint, start):
    receiver = start(endpoint["secret"])
    point(database, endpoint, receiver)
    job_id = finish_one(database, store, tenant)
    send(database, sender)
    assert receiver.said() == f"job.done {job_id}"
    [delivery] = deliveries(database)
    with database.transaction() as connection:
        webhook_log.replay(connection, delivery["id"])
    send(database, sender)
    assert receiver.said() == f"again msg_{delivery['id'].hex}"
    assert deliveries(database)[0]["state"] == "delivered"


def test_while_a_secret_is_replaced_a_receiver_with_either_accepts(database, store, tenant, sender, endpoint, start):
    from datetime import timedelta

    with database.transaction() as connection:
        new = webhook_endpoints.rotate_secret(connection, tenant, endpoint["id"], overlap=timedelta(hours=1))["secret"]
    for secret in (endpoint["secret"], new):
        receiver = start(secret)
        point(database, endpoint, receiver)
        job_id = finish_one(database, store, tenant)
        send(database, sender)
        assert receiver.said() == f"job.done {job_id}"


def test_what_another_secret_signed_is_refused_and_tried_again(database, store, tenant, sender, endpoint, start):
    point(database, endpoint, start("whsec_" + "A" * 43 + "="))
    finish_one(database, store, tenant)
    send(database, sender)
    [delivery] = deliveries(database)
    with database.transaction() as connection:
        [attempt] = webhook_log.attempts(connection, delivery["id"])
    assert (delivery["state"], attempt["status"]) == ("pending", 400)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"webhook-id": "msg_1", "webhook-timestamp": "1614265330", "webhook-signature": "v1,bm90IHNpZ25lZA=="},
        {"webhook-id": "msg_1", "webhook-timestamp": "soon", "webhook-signature": "v1,bm90IHNpZ25lZA=="},
        {"webhook-id": "msg_1", "webhook-timestamp": "9" * 30, "webhook-signature": "nonsense"},
    ],
    ids=["unsigned", "old", "no-time", "nonsense"],
)
def test_what_is_not_signed_is_refused(start, endpoint, headers):
    receiver = start(endpoint["secret"])
    assert httpx.post(receiver.url, content=b"{}", headers=headers).status_code == 400
