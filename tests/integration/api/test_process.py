"""`python -m services.api`, as a supervisor runs it."""

import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from deploy.local.servers import free_ports
from jinwi import Client
from shared.domain.job import Lane, Stage
from shared.domain.tenant import Limits
from shared.storage import tenants
from tests.integration.factories import claim, done, finish, submit_link
from tests.processes import wait_until

LINK = {"url": "https://example.com/a.png"}


def start(**environment) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "services.api"],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.fixture
def port(settings):
    return free_ports(1)[0]


@pytest.fixture
def process(port):
    with start(JINWI_PORT=str(port)) as process:
        try:
            deadline = time.monotonic() + 30
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
                except OSError:
                    assert process.poll() is None, process.stdout.read()
                    assert time.monotonic() < deadline, "it does not listen"
            yield process
        finally:
            process.kill()


def test_asked_to_stop_it_answers_those_who_wait_and_ends(process, port, new_key):
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client, ThreadPoolExecutor(1) as pool:
        client.headers["Authorization"] = f"Bearer {new_key()}"
        waiting = pool.submit(client.post, "/v1/jobs", json=LINK, headers={"Prefer": "wait=60"})
        deadline = time.monotonic() + 10
        while not client.get("/v1/jobs").json()["jobs"]:
            assert time.monotonic() < deadline, "the job was not submitted"
        process.send_signal(signal.SIGTERM)
        answer = waiting.result(timeout=20)
    assert (answer.status_code, answer.json()["state"]) == (202, "queued")
    process.wait(timeout=20)


def test_its_logs_name_the_request_and_the_job_and_never_the_key(process, port, new_key):
    key = new_key()
    headers = {"Authorization": f"Bearer {key}", "X-Request-ID": "trace-7"}
    job = httpx.post(f"http://127.0.0.1:{port}/v1/jobs", json=LINK, headers=headers).json()
    process.send_signal(signal.SIGTERM)
    logs, _ = process.communicate(timeout=20)
    (line,) = [line for line in logs.splitlines() if "job_submitted" in line]
    assert f'"job_id": "{job["id"]}"' in line
    assert '"request_id": "trace-7"' in line
    assert key not in logs


def test_a_body_that_announces_too_much_is_refused_before_it_is_sent(process, port, new_key):
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(
            b"POST /v1/jobs HTTP/1.1\r\nHost: api\r\n"
            b"Authorization: Bearer " + new_key().encode() + b"\r\n"
            b"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 99000000\r\nExpect: 100-continue\r\n\r\n"
        )
        assert connection.recv(100).startswith(b"HTTP/1.1 413")


def test_a_client_that_leaves_in_the_middle_of_a_body_is_no_error_of_ours(process, port, new_key):
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(
            b"POST /v1/jobs HTTP/1.1\r\nHost: api\r\n"
            b"Authorization: Bearer " + new_key().encode() + b"\r\n"
            b"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 9000\r\n\r\n"
            b'--b\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\nabc'
        )
    broken, deadline = 'route="/v1/jobs",status="4xx"', time.monotonic() + 10
    while broken not in (shown := httpx.get(f"http://127.0.0.1:{port}/metrics").text):
        assert time.monotonic() < deadline, "the request was not counted"
    assert 'status="5xx"' not in shown
    process.send_signal(signal.SIGTERM)
    assert "request_failed" not in process.communicate(timeout=20)[0]


def test_no_answer_names_the_servers_software(process, port):
    for path in ("/", "/health/live", "/v1/jobs", "/nowhere"):
        headers = httpx.get(f"http://127.0.0.1:{port}{path}").headers
        assert not {"server", "x-powered-by", "via"} & set(headers), path
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_submission_above_the_limit_is_refused_before_its_body_is_sent(process, port, database, tenant, new_key):
    with database.transaction() as connection:
        tenants.set_limits(connection, tenant, Limits(submissions_per_day=1))
    key = new_key()
    assert httpx.post(
        f"http://127.0.0.1:{port}/v1/jobs", json=LINK, headers={"Authorization": f"Bearer {key}"}
    ).is_success
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(
            b"POST /v1/jobs HTTP/1.1\r\nHost: api\r\nAuthorization: Bearer " + key.encode() + b"\r\n"
            b"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 9000\r\nExpect: 100-continue\r\n\r\n"
        )
        assert connection.recv(100).startswith(b"HTTP/1.1 429")


def test_the_sdk_waits_as_long_as_a_full_backlog_asks_and_goes_on(settings, database, tenant, new_key):
    """One bulk job may wait; that many have just ended makes the wait a short one."""
    port = free_ports(1)[0]
    url, key = f"http://127.0.0.1:{port}", new_key()
    with start(JINWI_PORT=str(port), JINWI_BULK_BACKLOG="1") as process, ThreadPoolExecutor(1) as pool:
        try:
            wait_until(lambda: answers(port))
            with Client(url, key) as client:
                client.submit(LINK["url"], lane="bulk")
                for _ in range(200):
                    submit_link(database, tenant, lane=Lane.BULK)
                end_all(database)
                wait_until(lambda: is_full(url, key))
                following = pool.submit(client.submit, LINK["url"], lane="bulk")
                end_all(database)
                assert following.result(timeout=60).state == "queued"
        finally:
            process.kill()


def end_all(database) -> None:
    """As workers would."""
    while held := claim(database, Stage.FETCH, limit=64):
        finish(database, *map(done, held))


def answers(port) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health/live").is_success
    except httpx.TransportError:
        return False


def is_full(url, key) -> bool:
    """Submit another bulk job; whether the API has seen that no more are accepted."""
    answer = httpx.post(f"{url}/v1/jobs", json=LINK | {"lane": "bulk"}, headers={"Authorization": f"Bearer {key}"})
    return answer.status_code == 429


def test_a_wrong_setting_is_said_in_one_line(settings):
    with start(JINWI_PORT="eighty") as process:
        said, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert said.count("\n") == 1
    assert said.startswith("JINWI_PORT:")


def test_a_port_in_use_is_said_and_ends_it(settings):
    with socket.create_server(("127.0.0.1", 0)) as taken, start(JINWI_PORT=str(taken.getsockname()[1])) as process:
        said, _ = process.communicate(timeout=30)
    assert process.returncode != 0
    assert "address already in use" in said.lower()
