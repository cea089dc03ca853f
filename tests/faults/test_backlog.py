"""Fifty thousand jobs wait: Redis stays small, interactive ones pass, and in the end nothing waits."""

import hashlib
import io
import time

import pytest

from shared.domain.job import Lane
from shared.queue.enqueue import LIST_ROOM
from shared.storage import images
from tests.faults.load import Submission, picture
from tests.faults.system import GRACE_SECONDS, wait_for

JOBS = 50_000
SLACK = 8
"""Messages that sweeper and API together may add after each looked at the list."""

# `insert_job` of the product, so many times, and `refer_to_object`, in one transaction.
INSERT = """INSERT INTO jobs (tenant_id, stage, lane, sha256)
            SELECT %s, 'score', 'bulk', %s FROM generate_series(1, %s) RETURNING id"""
REFER = "UPDATE objects SET refs = refs + %s WHERE tenant_id = %s AND sha256 = %s RETURNING refs"


def fill(trial):
    data = picture(1)
    sha256 = hashlib.sha256(data).digest()
    system = trial.system
    system.store.put_image(trial.tenant_id, sha256, io.BytesIO(data), len(data))
    with system.database.transaction() as connection:
        images.lock_stored(
            connection,
            system.store,
            io.BytesIO(data),
            tenant_id=trial.tenant_id,
            sha256=sha256,
            size=len(data),
            image_format="png",
            width=None,
            height=None,
        )
        ids = [row["id"] for row in connection.execute(INSERT, (trial.tenant_id, sha256, JOBS))]
        connection.execute(REFER, (JOBS, trial.tenant_id, sha256))
    trial.load.submissions += [Submission(data=data, lane=Lane.BULK, job_id=job_id) for job_id in ids]


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_backlog_of_fifty_thousand(trial, system):
    system.services["scorer"].stop(GRACE_SECONDS)
    longest = []
    with trial.fault():
        fill(trial)
        began = time.monotonic()
        while time.monotonic() < began + 10:
            longest.append(system.waiting_messages())
            time.sleep(0.1)
    assert 0 < max(longest) <= LIST_ROOM + SLACK
    system.services["scorer"].start()
    for _ in range(5):
        [one] = trial.load.submit(1, links=False)
        wait_for(lambda one=one: system.query("SELECT id FROM jobs WHERE id = %s AND state = 'done'", one.job_id))
        longest.append(system.waiting_messages())
    assert trial.system.query("SELECT count(*) AS n FROM jobs WHERE state = 'queued'")[0]["n"] > JOBS // 2
    assert max(longest) <= LIST_ROOM + SLACK
    trial.settle(seconds=700)
