import time
from concurrent.futures import ThreadPoolExecutor

from tests.integration.factories import claim, done, finish, picture

JOBS = "/v1/jobs"


def wait(seconds: float) -> dict[str, str]:
    return {"Prefer": f"wait={seconds}"}


def score_everything(database) -> None:
    deadline = time.monotonic() + 10
    while not (held := claim(database)):
        assert time.monotonic() < deadline, "nothing came to be scored"
        time.sleep(0.01)
    finish(database, *map(done, held))


def test_a_submission_that_waits_is_answered_with_its_result(client, database):
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(client.upload, picture(), headers=wait(20))
        score_everything(database)
        answered = answer.result(timeout=10)
    assert answered.status_code == 200
    assert answered.json()["state"] == "done"
    assert answered.headers["Preference-Applied"] == "wait=20"
    assert "Retry-After" not in answered.headers


def test_a_reader_that_waits_is_answered_when_the_job_ends(client, database):
    job = client.upload(picture()).json()
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(client.get, job["links"]["self"], headers=wait(20))
        score_everything(database)
        assert answer.result(timeout=10).json()["state"] == "done"


def test_a_wait_that_is_over_is_answered_with_what_is_known(client):
    began = time.monotonic()
    answer = client.upload(picture(), headers=wait(1))
    assert time.monotonic() - began >= 1
    assert (answer.status_code, answer.json()["state"]) == (202, "queued")
    assert answer.headers["Preference-Applied"] == "wait=1"


def test_no_wait_is_longer_than_the_installation_allows(serve, settings, new_key):
    client = serve(settings.model_copy(update={"max_wait_seconds": 0.05}))(new_key())
    answer = client.upload(picture(), headers=wait(3600))
    assert answer.headers["Preference-Applied"] == "wait=0.05"


def test_a_job_that_has_ended_is_not_waited_for(client, database):
    job = client.upload(picture()).json()
    score_everything(database)
    began = time.monotonic()
    assert client.get(job["links"]["self"], headers=wait(20)).json()["state"] == "done"
    assert time.monotonic() - began < 10


def test_a_job_that_is_erased_has_ended(client):
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(client.upload, picture(), headers=wait(20))
        deadline = time.monotonic() + 10
        while not (jobs := client.get(JOBS).json()["jobs"]):
            assert time.monotonic() < deadline, "the job was not submitted"
        client.delete(jobs[0]["links"]["self"])
        assert answer.result(timeout=10).json()["state"] == "erased"


def test_waiting_holds_no_thread(client, connect, portal):
    """More wait than there are threads (anyio gives 40), and everybody else is served."""
    waiters = 60
    with ThreadPoolExecutor(waiters) as pool:
        waiting = [
            pool.submit(client.post, JOBS, json={"url": "https://example.com/a"}, headers=wait(60))
            for _ in range(waiters)
        ]
        deadline = time.monotonic() + 30
        while len(client.get(JOBS, params={"limit": 200}).json()["jobs"]) < waiters:
            assert time.monotonic() < deadline, "the waiting are in the way"
        assert client.get("/v1/lanes").status_code == 200
        portal.call(connect.app.state.parts.watch.dismiss)
        answers = [each.result(timeout=30) for each in waiting]
    assert {answer.status_code for answer in answers} == {202}
