"""The commands about jobs: listed, erased, seen before; `as_json` prints one JSON document a line."""

import uuid
from collections.abc import Sequence
from itertools import islice

from jinwi.calls.jobs import Filters
from jinwi.commands.connection import open_client
from jinwi.results.jobs import Job
from jinwi.session import Complaint
from jinwi.terminal import Terminal, local_time, print_lines
from jinwi.views import similar as view


def list_jobs(terminal: Terminal, filters: Filters, limit: int, *, as_json: bool) -> None:
    with open_client(terminal) as client:
        jobs = client.jobs(limit=limit + 1, **filters)
        shown = islice(jobs, limit)
        if as_json:
            print_lines(job.document for job in shown)
        else:
            _print_jobs(terminal, [_job_row(terminal, job) for job in shown])
        if next(jobs, None):
            terminal.note(terminal.language.more_jobs.format(limit=limit))


def erase(terminal: Terminal, job_ids: Sequence[str], *, as_json: bool) -> None:
    """Nothing is erased when one of the ids can be none; what was, before an error, is shown."""
    ids = [_job_id(terminal, name) for name in job_ids]
    with open_client(terminal) as client:
        jobs = (client.erase(each) for each in ids)
        if as_json:
            print_lines(job.document for job in jobs)
            return
        rows: list[list[str]] = []
        try:
            for job in jobs:
                rows.append(_job_row(terminal, job))  # noqa: PERF401 - those before an error are kept
        finally:
            if rows:
                _print_jobs(terminal, rows)


def similar(terminal: Terminal, name: str, *, as_json: bool) -> None:
    job = _job_id(terminal, name)
    with open_client(terminal) as client:
        found = client.similar(job)
    if as_json:
        print_lines([found.document])
    else:
        view.show(terminal, found)


def _job_id(terminal: Terminal, name: str) -> str:
    """As the server writes it; raises Complaint for what can be none."""
    try:
        return str(uuid.UUID(name))
    except ValueError as exc:
        raise Complaint(terminal.language.bad_job_id.format(name=name), code=2) from exc


def _print_jobs(terminal: Terminal, rows: list[list[str]]) -> None:
    language = terminal.language
    headings = [
        language.job,
        language.ai_probability,
        language.human_probability,
        language.state,
        language.verdict,
        language.created,
        language.external_id,
    ]
    terminal.table(headings, rows, right=2)


def _job_row(terminal: Terminal, job: Job) -> list[str]:
    language = terminal.language
    ai, human, verdict = "–", "–", ""
    if job.result:
        ai, human = language.percents(job.result.ai_probability)
        verdict = language.verdicts[job.result.verdict]
    created = local_time(job.created_at)
    return [job.id, ai, human, language.states[job.state], verdict, created, job.external_id or ""]
