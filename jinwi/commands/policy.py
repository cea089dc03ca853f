"""`jinwi policy`: how the key's tenant is served, shown and changed."""

import json
from collections.abc import Sequence
from typing import Any

from jinwi.commands.connection import open_client
from jinwi.session import Complaint
from jinwi.terminal import Terminal, print_lines


def policy(terminal: Terminal, settings: Sequence[str], *, as_json: bool) -> None:
    changes = merge_patch(terminal, settings)
    with open_client(terminal) as client:
        document = client.change_policy(changes) if changes else client.policy()
    if as_json:
        print_lines([document])
        return
    language = terminal.language
    rows = [[name, "–" if value is None else _shown(value)] for name, value in document.items()]
    terminal.table([language.entry, language.value], rows)


def merge_patch(terminal: Terminal, settings: Sequence[str]) -> dict[str, Any]:
    """`domain_cap=0.05` and `thresholds.likely_ai=0.9` as RFC 7396 has them; raises Complaint for what is neither."""
    changes: dict[str, Any] = {}
    for setting in settings:
        path, equals, text = setting.partition("=")
        name, dot, member = path.strip().partition(".")
        if not (equals and name) or (dot and not member):
            raise Complaint(terminal.language.bad_setting.format(text=setting), code=2)
        if not dot:
            changes[name] = _value(terminal, setting, text)
            continue
        if not isinstance(within := changes.setdefault(name, {}), dict):
            raise Complaint(terminal.language.bad_setting.format(text=setting), code=2)
        within[member] = _value(terminal, setting, text)
    return changes


def _value(terminal: Terminal, setting: str, text: str) -> Any:
    """JSON, else the text as it is: a version and a word need no quotes."""
    try:
        value = json.loads(text)
    except ValueError:
        return text.strip()
    try:
        json.dumps(value, allow_nan=False)
    except ValueError as exc:  # Python reads NaN and Infinity, which JSON does not have
        raise Complaint(terminal.language.bad_setting.format(text=setting), code=2) from exc
    return value


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_shown(member)}" for name, member in value.items())
    return value if isinstance(value, str) else json.dumps(value)
