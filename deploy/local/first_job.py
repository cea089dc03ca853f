"""The proof that a stack works: one real photograph through the public API."""

import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from deploy.local import wheels
from deploy.local.child import StartFailed
from jinwi import Client, Job, State
from jinwi.inputs.find import Input
from jinwi.inputs.verify import Ended
from jinwi.results.jobs import FINAL
from jinwi.terminal import Terminal
from jinwi.views.report import Words

JOB_SECONDS = 60
POLL_SECONDS = 0.05


def stored_jobs(url: str) -> int:
    """How many jobs there are, as the metrics count them."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(f"{url}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return sum(int(float(line.rpartition(" ")[2])) for line in lines if line.startswith("jinwi_jobs{"))


def verify_photograph(url: str, key: str, *, check: Callable[[], None], logs: Path) -> Job:
    """The finished job; `check` is called meanwhile, to raise what keeps it from being finished."""
    deadline = time.monotonic() + JOB_SECONDS
    with Client(url, key, timeout=10) as client:
        job = client.submit(wheels.photograph())
        while job.state not in FINAL:
            check()
            if time.monotonic() > deadline:
                raise StartFailed(f"the first job is still {job.state} after {JOB_SECONDS} s (logs: {logs})")
            time.sleep(POLL_SECONDS)
            job = client.job(job.id)
    if job.state is not State.DONE:
        raise StartFailed(f"the first job is {job.state}: {job.error and job.error.detail} (logs: {logs})")
    return job


def show(terminal: Terminal, job: Job) -> None:
    photograph, language = wheels.photograph(), terminal.language
    words = Words.of(Ended(input=Input(number=0, name=photograph.name, path=photograph), job=job), language)
    terminal.table(
        [language.file, photograph.name],
        [
            [language.ai_probability, words.ai],
            [language.human_probability, words.human],
            [language.verdict, words.verdict],
            [language.why, words.why],
        ],
    )
    terminal.say(language.advisory)
