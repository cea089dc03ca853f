"""The commands that ask or tell the server one thing; `as_json` prints one JSON document a line."""

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from jinwi.admin_calls import AuditFilters
from jinwi.client import Client
from jinwi.connection import connect
from jinwi.job_calls import Filters
from jinwi.results import Job, Lane
from jinwi.session import Complaint
from jinwi.terminal import Terminal
from shared.domain.changelog import markdown

CALL_SECONDS = 15.0
"""A person is waiting: a busy server is asked again for no longer."""


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
    ids = [job_id(terminal, name) for name in job_ids]
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


def job_id(terminal: Terminal, name: str) -> str:
    """As the server writes it; raises Complaint for what can be none."""
    try:
        return str(uuid.UUID(name))
    except ValueError as exc:
        raise Complaint(terminal.language.bad_job_id.format(name=name), code=2) from exc


def show_changelog(terminal: Terminal, limit: int, *, as_json: bool) -> None:
    with open_client(terminal) as client:
        entries = client.changelog(limit=limit)
    if as_json:
        print_lines(entries)
        return
    for line in markdown(entries, terminal.language.changelog).splitlines():
        terminal.say(line)


def set_paused(terminal: Terminal, lane: Lane, *, paused: bool, as_json: bool) -> None:
    with open_client(terminal) as client:
        document = client.pause(lane) if paused else client.resume(lane)
    if as_json:
        print_lines([document])
        return
    language = terminal.language
    state = language.paused if document["paused"] else language.running
    terminal.table([language.lane, language.state], [[lane, state]])


def create_key(terminal: Terminal, name: str, scopes: Sequence[str], *, as_json: bool) -> None:
    with open_client(terminal) as client:
        document = client.create_key(name, scopes)
    if as_json:
        print_lines([document])
        return
    terminal.say(document["key"])
    terminal.note(terminal.language.key_once)


def list_keys(terminal: Terminal, *, as_json: bool) -> None:
    with open_client(terminal) as client:
        keys = client.keys()
    if as_json:
        print_lines(keys)
        return
    language = terminal.language
    rows = [
        [
            key["id"],
            key["name"],
            ", ".join(key["scopes"]),
            local_time(datetime.fromisoformat(key["created_at"])),
            language.revoked if key["revoked_at"] else "",
        ]
        for key in keys
    ]
    headings = [language.key, language.name, language.scopes, language.created_key, language.state]
    terminal.table(headings, rows)


def revoke_key(terminal: Terminal, key_id: str, *, as_json: bool) -> None:
    with open_client(terminal) as client:
        document = client.revoke_key(key_id)
    if as_json:
        print_lines([document])
    else:
        terminal.say(f"{key_id}: {terminal.language.revoked}")


def list_acts(terminal: Terminal, filters: AuditFilters, limit: int, *, as_json: bool) -> None:
    language = terminal.language
    with open_client(terminal) as client:
        acts = client.audit(limit=limit + 1, **filters)
        shown = islice(acts, limit)
        if as_json:
            print_lines(shown)
        else:
            headings = [language.at, language.action, language.subject, language.key, language.act_details]
            terminal.table(headings, [_act_row(terminal, act) for act in shown])
        if next(acts, None):
            terminal.note(language.more_acts.format(limit=limit))


def _act_row(terminal: Terminal, act: Mapping[str, Any]) -> list[str]:
    at = local_time(datetime.fromisoformat(act["at"]))
    details = json.dumps(act["details"], ensure_ascii=False) if act["details"] else ""
    return [at, act["action"], act["subject"], act["key_id"] or terminal.language.by_itself, details]


def open_client(terminal: Terminal) -> Client:
    server = connect(terminal)
    return Client(server.url, server.key, timeout=CALL_SECONDS)


def print_lines(documents: Iterable[Mapping[str, Any]]) -> None:
    for document in documents:
        print(json.dumps(document), flush=True)  # noqa: T201 - the output that was asked for


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


def local_time(at: datetime) -> str:
    """In this machine's zone, and which that is."""
    return f"{at.astimezone():%Y-%m-%d %H:%M:%S %Z}"
