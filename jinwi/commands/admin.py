"""The commands about keys, lanes and acts; `as_json` prints one JSON document a line."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from jinwi.calls.admin import AuditFilters
from jinwi.commands.connection import open_client
from jinwi.results.jobs import Lane
from jinwi.terminal import Terminal, local_time, print_lines


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
