"""Jobs are erased while they run, and while others upload the same picture."""

import signal
from concurrent.futures import ThreadPoolExecutor

from shared.domain.job import Lane
from tests.faults.load import Submission, picture
from tests.faults.system import send


def test_jobs_erased_while_they_run(trial, system):
    scorer = system.services["scorer"]
    submitted = trial.backlog(links=False)
    with trial.fault():
        assert system.freeze_busy(scorer)
        running = {row["id"] for row in system.query("SELECT id FROM jobs WHERE state = 'running'")}
        for one in submitted:
            if one.job_id in running:
                trial.load.erase(one)
        send(scorer, signal.SIGCONT)
    trial.settle(erased=len(running))


def test_one_of_two_jobs_with_the_same_bytes_erased_while_a_third_uploads_them(trial, system):
    erased = 0
    for round_ in range(15):
        data = picture(1_000_000 + round_)
        first, second, third = (Submission(data=data, lane=Lane.INTERACTIVE) for _ in range(3))
        trial.load.send([first, second])
        with ThreadPoolExecutor(3) as pool, trial.fault():
            under_way = [pool.submit(trial.load.erase, first), pool.submit(trial.load.send, [third])]
            erased += 1
            if round_ % 2:
                # Nobody refers to it for a moment: the collector is a fourth.
                under_way.append(pool.submit(trial.load.erase, second))
                erased += 1
            for one in under_way:
                one.result()
    trial.settle(erased=erased)
