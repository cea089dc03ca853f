"""The commands about reviews, links and appeals; `as_json` prints one JSON document a line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from jinwi.calls.people import AppealFilters
from jinwi.client import Client
from jinwi.commands.connection import connect, open_client
from jinwi.results.people import Appeal, Link
from jinwi.results.reviews import Item, Label, ReviewState, Tick
from jinwi.session import Complaint
from jinwi.terminal import Terminal, local_time, print_lines


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """What a reviewer says on the command line; `checks` are ITEM=SEEN."""

    reason: str
    reviewer: str
    label: Label | None
    checks: Sequence[str]


def review(terminal: Terminal, job_id: str, said: Said, *, as_json: bool) -> None:
    checklist = _checklist(terminal, said.checks)
    assert said.label is not None
    with open_client(terminal) as client:
        document = client.review(job_id, said.label, said.reason, said.reviewer, checklist=checklist)
        reviewed = None if as_json else client.job(job_id).reviewed
    if reviewed is None:
        print_lines([document])
        return
    texts = terminal.language.people
    rows = [
        [texts.reviews, texts.review_states[reviewed.state]],
        [texts.by_person, texts.said.get(reviewed.verdict_by_person or "", "")],
        [texts.votes, texts.votes_value.format(**reviewed.votes)],
    ]
    terminal.table([terminal.language.entry, terminal.language.value], rows)
    if reviewed.state is ReviewState.DISPUTED:
        terminal.note(texts.second_opinion)


def _checklist(terminal: Terminal, checks: Sequence[str]) -> Mapping[str, str]:
    checklist = {}
    for text in checks:
        item, _, tick = text.partition("=")
        if item not in set(Item) or tick not in set(Tick):
            texts = terminal.language.people
            complaint = texts.bad_check.format(text=text, items=", ".join(Item), ticks=", ".join(Tick))
            raise Complaint(complaint, code=2)
        checklist[item] = tick
    return checklist


def create_link(terminal: Terminal, job_id: str, expires: datetime | None, *, as_json: bool) -> None:
    server = connect(terminal)
    with Client(server.url, server.key) as client:
        link = client.links.create(job_id, expires_at=expires)
    if as_json:
        print_lines([link.document])
        return
    terminal.say(f"{server.url.rstrip('/')}{link.path}")
    terminal.note(terminal.language.people.link_once)


def list_links(terminal: Terminal, job_id: str, *, as_json: bool) -> None:
    with open_client(terminal) as client:
        links = client.links.list(job_id)
    _show_links(terminal, links, as_json=as_json)


def revoke_link(terminal: Terminal, job_id: str, link_id: str, *, as_json: bool) -> None:
    with open_client(terminal) as client:
        link = client.links.revoke(job_id, link_id)
    _show_links(terminal, [link], as_json=as_json)


def _show_links(terminal: Terminal, links: Sequence[Link], *, as_json: bool) -> None:
    if as_json:
        print_lines(link.document for link in links)
        return
    language, texts = terminal.language, terminal.language.people
    headings = [texts.link, language.state, language.created_key, texts.expires]
    rows = [
        [
            link.id,
            _state(terminal, link),
            local_time(link.created_at),
            local_time(link.expires_at) if link.expires_at else texts.never,
        ]
        for link in links
    ]
    terminal.table(headings, rows)


def _state(terminal: Terminal, link: Link) -> str:
    texts = terminal.language.people
    if link.revoked_at:
        return texts.revoked
    return texts.over if link.expires_at and link.expires_at <= datetime.now(UTC) else texts.open


def list_appeals(terminal: Terminal, filters: AppealFilters, limit: int, *, as_json: bool) -> None:
    language, texts = terminal.language, terminal.language.people
    with open_client(terminal) as client:
        appeals = client.appeals.list(limit=limit + 1, **filters)
        shown = islice(appeals, limit)
        if as_json:
            print_lines(appeal.document for appeal in shown)
        else:
            headings = [texts.appeal, language.state, texts.against, texts.made, language.job, texts.message]
            terminal.table(headings, [_row(terminal, appeal) for appeal in shown])
        if next(appeals, None):
            terminal.note(texts.more_appeals.format(limit=limit))


def _row(terminal: Terminal, appeal: Appeal) -> list[str]:
    texts = terminal.language.people
    against = texts.said.get(appeal.verdict or "", "")
    message = appeal.message if len(appeal.message) <= 60 else f"{appeal.message[:59]}…"
    state = texts.appeal_states[appeal.state]
    return [appeal.id, state, against, local_time(appeal.created_at), appeal.job_id, " ".join(message.split())]


def show_appeal(terminal: Terminal, appeal_id: str, folder: Path | None, *, as_json: bool) -> None:
    with open_client(terminal) as client:
        appeal = client.appeals.get(appeal_id)
        _show(terminal, appeal, as_json=as_json)
        if folder is not None:
            _save(client, appeal, folder)
    if folder is not None:
        terminal.note(terminal.language.people.saved.format(folder=folder, count=len(appeal.files)))
    if appeal.files and not as_json:
        terminal.note(terminal.language.people.unopened)


def _save(client: Client, appeal: Appeal, folder: Path) -> None:
    """Under names of ours: those that a stranger gave could be anything."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in appeal.files:
        (folder / f"{appeal.id}-{file.number}.bin").write_bytes(client.appeals.file(appeal, file.number))


def decide_appeal(terminal: Terminal, appeal_id: str, outcome: str, said: Said, *, as_json: bool) -> None:
    checklist = _checklist(terminal, said.checks)
    with open_client(terminal) as client:
        appeal = client.appeals.decide(
            appeal_id,
            outcome,
            reason=said.reason,
            reviewer=said.reviewer,
            label=said.label,
            checklist=checklist,
        )
    _show(terminal, appeal, as_json=as_json)


def _show(terminal: Terminal, appeal: Appeal, *, as_json: bool) -> None:
    if as_json:
        print_lines([appeal.document])
        return
    language, texts = terminal.language, terminal.language.people
    rows = [
        [texts.appeal, appeal.id],
        [language.job, appeal.job_id],
        [language.state, texts.appeal_states[appeal.state]],
        [texts.against, texts.said.get(appeal.verdict or "", "")],
        [texts.message, appeal.message],
        [texts.contact, appeal.contact or ""],
        *_file_rows(terminal, appeal),
        [texts.made, local_time(appeal.created_at)],
        [texts.decided, local_time(appeal.decided_at) if appeal.decided_at else ""],
        [texts.reviewer, appeal.reviewer or ""],
        [texts.reason, appeal.reason or ""],
    ]
    terminal.table([language.entry, language.value], rows)


def _file_rows(terminal: Terminal, appeal: Appeal) -> list[list[str]]:
    """A row for each: within a cell, what would begin a line is shown as an escape."""
    lines = [f"{file.number}  {file.name}  {file.bytes:,}" for file in appeal.files] or [""]
    return [["" if number else terminal.language.people.files, line] for number, line in enumerate(lines)]
