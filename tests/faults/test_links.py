"""Links whose servers cannot be found, refuse, never answer, or are back in time."""

import pytest

from shared.domain.job import Lane
from tests.faults.load import Submission, picture
from tests.faults.system import wait_for

NOWHERE = ("http://nowhere.invalid/a.png", "http://127.0.0.1:9/a.png")


@pytest.mark.long
def test_links_that_lead_nowhere_or_to_a_server_that_never_answers(trial, system):
    trial.receiver.gate.clear()
    lost = [Submission(data=b"", lane=Lane.BULK, path=path) for path in (*NOWHERE, "/never")]
    with trial.fault(len(lost)):
        trial.load.send(lost)
        trial.load.submit(8, links=False)
    trial.settle(failed=len(lost))
    reasons = "SELECT DISTINCT error ->> 'reason' AS reason FROM jobs WHERE tenant_id = %s AND state = 'failed'"
    assert [row["reason"] for row in system.query(reasons, trial.tenant_id)] == ["unreachable"]


def test_a_link_whose_server_is_back_in_time(trial, system):
    one = Submission(data=picture(7), lane=Lane.INTERACTIVE, path="/late")
    trial.receiver.gate.clear()
    with trial.fault():
        trial.load.send([one])
        retried = "SELECT id FROM jobs WHERE id = %s AND failures > 0"
        wait_for(lambda: system.query(retried, one.job_id))
        trial.receiver.pictures["/late"] = one.data
        trial.receiver.gate.set()
    trial.settle()
