"""The retrainer as a service: a Celery worker on the real Redis, whose message only rings."""

import os
import signal
import subprocess
import sys

import psutil
import pytest
import redis

from shared.domain.retraining import Mode, RunOutcome, RunState
from shared.queue import names
from shared.queue.app import broker_url, make_celery
from shared.storage import retraining
from shared.storage.retraining import Order
from tests.processes import wait_until


@pytest.fixture
def service(settings, tmp_path):
    """`python -m services.retrainer`, with its log."""
    log = tmp_path / "retrainer.log"
    environment = {
        **os.environ,
        "JINWI_RETRAINER_DIR": str(tmp_path / "retrainer"),
        "JINWI_RETRAIN_CRON": "0 3 * * *",
        "OMP_NUM_THREADS": "1",
        "PYTHONUNBUFFERED": "1",
    }
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "services.retrainer"], env=environment, stdout=file, stderr=subprocess.STDOUT
        )
    yield process, log
    for child in [*psutil.Process(process.pid).children(recursive=True)] if process.poll() is None else []:
        child.kill()
    process.kill()
    process.wait()


def alive(database):
    with database.transaction() as connection:
        return retraining.any_retrainer(connection)


def ask(database, min_samples=1_000_000):
    with database.transaction() as connection:
        return retraining.ask(connection, Order(mode=Mode.HEAD, min_samples=min_samples), by=None)


def read(database, run):
    with database.transaction() as connection:
        return retraining.get(connection, run.id)


def test_a_message_is_acknowledged_at_once_and_one_that_comes_again_does_no_harm(
    service, database, settings, doorbell, shipped
):
    process, _ = service
    wait_until(lambda: alive(database))
    run = ask(database)
    for _ in range(3):
        doorbell.ring_retrainer(run.id)
    wait_until(lambda: read(database, run).outcome is RunOutcome.NOT_ENOUGH_SAMPLES)
    for _ in range(2):
        doorbell.ring_retrainer(run.id)
    with redis.Redis.from_url(broker_url(settings)) as client:
        wait_until(lambda: not client.llen(names.RETRAINING) and not client.hlen("unacked"))
    assert read(database, run).outcome is RunOutcome.NOT_ENOUGH_SAMPLES
    process.send_signal(signal.SIGTERM)
    process.wait(40)
    assert not alive(database)


def test_a_redis_that_forgets_everything_costs_delay_and_no_run(service, database, settings, shipped):
    wait_until(lambda: alive(database))
    with redis.Redis.from_url(broker_url(settings)) as client:
        client.flushall()
        run = ask(database)
        client.flushall()
        wait_until(lambda: read(database, run).state is RunState.FINISHED)


def test_the_schedule_waits_for_consent(service, database, settings, tenant):
    app = make_celery(settings)
    wait_until(lambda: alive(database))

    def ring():
        app.send_task(names.RETRAIN, queue=names.RETRAINING, retry=False)

    def runs():
        with database.transaction() as connection:
            return retraining.page(connection, limit=10)

    ring()
    with redis.Redis.from_url(broker_url(settings)) as client:
        wait_until(lambda: not client.llen(names.RETRAINING) and not client.hlen("unacked"))
    with database.transaction() as connection:
        assert retraining.now(connection)["schedule_seconds"] is None
        connection.execute(
            "INSERT INTO policies (tenant_id, version, document) VALUES (%s, 2, '{\"allow_training\": true}')",
            (tenant,),
        )
    ring()
    wait_until(runs)
    assert [run.requested_by for run in runs()] == [None]
    with database.transaction() as connection:
        assert retraining.now(connection)["schedule_seconds"] == 86_400
