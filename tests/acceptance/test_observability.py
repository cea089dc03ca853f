"""What an operator sees: durations that survive their processes, and one job's trace through every service."""

import json
import signal
from uuid import uuid4

import httpx
import pytest

from jinwi import Client
from tests.acceptance.test_pipeline import picture
from tests.processes import of_stack, wait_until
from tests.webserver import serve

SCORED = 'jinwi_job_step_duration_seconds_count{step="score"}'


@pytest.fixture
def client(service):
    with Client(service.url, service.key) as made:
        yield made


def scored(service) -> int:
    """How many jobs the scoring processes say that they scored."""
    lines = httpx.get(f"{service.url}/metrics").text.splitlines()
    return sum(int(float(line.split()[-1])) for line in lines if line.startswith(SCORED))


def test_a_replaced_pool_child_goes_on_with_the_file_of_its_predecessor(service, client):
    client.verify(picture(5001))
    before, files = scored(service), sorted(path.name for path in (service.home / "run").rglob("*.db"))
    processes = of_stack(service.home, "score@")
    [child] = [process for process in processes if process.ppid() in {one.pid for one in processes}]
    child.send_signal(signal.SIGKILL)
    child.wait(10)
    client.verify(picture(5002))
    wait_until(lambda: scored(service) == before + 1)
    assert sorted(path.name for path in (service.home / "run").rglob("*.db")) == files


def test_a_jobs_id_stands_in_the_logs_of_every_service_that_touched_it(service, client):
    with serve(lambda asked: (200, {}, picture(5003)) if asked.method == "GET" else (204, {}, b"")) as web:
        job = client.verify(f"{web.url}/picture.png", callback_url=f"{web.url}/hook")
        wait_until(lambda: any(asked.method == "POST" for asked in web.asked))

    def events() -> dict[str, set[str]]:
        found = {}
        for log in (service.home / "log").glob("*.log"):
            for line in log.read_text().splitlines():
                if job.id in line and line.startswith("{"):
                    found.setdefault(log.stem, set()).add(json.loads(line)["event"])
        return found

    wait_until(lambda: "sender" in events())
    assert events() == {
        "api": {"job_submitted"},
        "fetcher": {"job_fetched"},
        "scorer": {"job_ended"},
        "sender": {"webhook_attempted"},
    }


def test_no_secret_stands_in_any_log_metric_error_or_act(service):
    authorization = {"Authorization": f"Bearer {service.key}"}
    made = {}
    with httpx.Client(base_url=service.url, headers=authorization) as client:
        tenant = client.post("/v1/tenants", json={"name": f"secrets-{uuid4()}"}).json()
        made["first secret"] = tenant["webhook_secret"]
        made["second secret"] = client.post(f"/v1/tenants/{tenant['id']}/webhook-secret").json()["webhook_secret"]
        key = client.post("/v1/keys", json={"name": "k", "scopes": ["read"], "tenant_id": tenant["id"]}).json()
        made["key"] = key["key"]
        client.patch(f"/v1/tenants/{tenant['id']}", json={"requests_per_minute": 1})
        theirs = {"Authorization": f"Bearer {key['key']}"}
        answers = [httpx.get(f"{service.url}/v1/jobs", headers=theirs) for _ in range(3)]
        assert 429 in {answer.status_code for answer in answers}
        client.delete(f"/v1/keys/{key['id']}")
        answers += [httpx.get(f"{service.url}/v1/jobs", headers=theirs), client.get("/v1/audit?limit=200")]
        answers += [client.get("/v1/keys", params={"tenant_id": tenant["id"]}), client.get("/metrics")]
        answers.append(client.get(f"/v1/jobs/{made['key']}"))
    secrets = [service.key, *json.loads((service.home / "passwords").read_text()).values()]
    secrets = [secret for secret in secrets if len(secret) > 8]
    logs = {log.name: log.read_text() for log in (service.home / "log").glob("*.log")}
    shown = logs | {str(answer.url.path): answer.text + repr(answer.headers) for answer in answers}
    assert "tenant_limits_changed" in logs["api.log"]
    found = [(place, name) for place, text in logs.items() for name, secret in made.items() if secret in text]
    assert found == []
    assert [place for place, text in shown.items() for secret in secrets if secret in text] == []
    held = [made["first secret"], made["second secret"]]
    assert [place for place, text in shown.items() for secret in held if secret in text] == []
