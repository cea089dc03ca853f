"""The API dies and stops while customers submit: each of their requests becomes one job, whoever answered it."""

import signal

import pytest

from tests.faults.load import CLIENTS
from tests.faults.system import GRACE_SECONDS, kill, wait_for


def accepted(trial):
    return sum(one.job_id is not None for one in trial.load.submissions)


@pytest.mark.long
def test_the_api_killed_three_times_under_load(trial, system):
    with trial.submitting(80, side=300):
        for _ in range(3):
            before = accepted(trial)
            wait_for(lambda before=before: accepted(trial) >= before + 8)
            with trial.fault():
                kill(system.services["api"])
                system.start_again("api")
    # What was stored for a request that then had nobody to answer it is collected by the hour.
    trial.settle(orphans=3 * CLIENTS)


@pytest.mark.long
def test_the_api_asked_to_stop_under_load(trial, system):
    api = system.services["api"]
    with trial.submitting(80, side=300):
        wait_for(lambda: accepted(trial) >= 8)
        with trial.fault():
            api.ask_to_stop()
            wait_for(lambda: api.exit_code is not None, seconds=GRACE_SECONDS)
            # Uvicorn answers what is under way, then ends by the very signal that it was sent.
            assert api.exit_code == -signal.SIGTERM
            system.start_again("api")
    trial.settle()
