"""The commands on model versions: what there is, which one scores, what a challenger showed beside the champion."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from jinwi.commands.connection import open_client
from jinwi.terminal import Terminal, local_time, print_lines
from jinwi.views import card
from shared.domain.changelog import markdown

Document = Mapping[str, Any]


def list_models(terminal: Terminal, *, as_json: bool) -> None:
    with open_client(terminal) as client:
        models = client.models()
    if as_json:
        print_lines(model.document for model in models)
        return
    language = terminal.language
    rows = [
        [model.version, language.version_states[model.document["state"]], ", ".join(model.aliases)] for model in models
    ]
    terminal.table([language.version, language.state, language.aliases], rows)


def show_model(terminal: Terminal, version: str, *, as_json: bool) -> None:
    with open_client(terminal) as client:
        model = client.model(version)
        rollout = client.rollout(model.version)
    if as_json:
        print_lines([{**model.document, "rollout": rollout}])
        return
    terminal.table([terminal.language.entry, terminal.language.value], list(card.rows(model.document)))
    _show_rollout(terminal, rollout)
    terminal.note(terminal.language.whole_card)


def promote(terminal: Terminal, version: str, why: str | None, *, force: bool, as_json: bool) -> None:
    with open_client(terminal) as client:
        model = client.promote_model(version, why=why, force=force)
    _tell(terminal, model.document, terminal.language.promoted, as_json=as_json)


def roll_back(terminal: Terminal, *, as_json: bool) -> None:
    with open_client(terminal) as client:
        model = client.roll_back_model()
    _tell(terminal, model.document, terminal.language.rolled_back, as_json=as_json)


def remove(terminal: Terminal, version: str, why: str | None, *, as_json: bool) -> None:
    with open_client(terminal) as client:
        model = client.remove_model(version, why=why)
    _tell(terminal, model.document, terminal.language.version_removed, as_json=as_json)


def begin(terminal: Terminal, version: str, why: str | None, *, as_json: bool) -> None:
    with open_client(terminal) as client:
        document = client.begin_rollout(version, why=why)
    _tell(terminal, document, terminal.language.begun[document["state"]], as_json=as_json)


def stop(terminal: Terminal, version: str, *, as_json: bool) -> None:
    with open_client(terminal) as client:
        document = client.stop_rollout(version)
    _tell(terminal, document, terminal.language.challenger_stopped, as_json=as_json)


def set_frozen(terminal: Terminal, why: str | None, *, frozen: bool, as_json: bool) -> None:
    with open_client(terminal) as client:
        document = client.freeze_models(why=why) if frozen else client.unfreeze_models(why=why)
    language = terminal.language
    _tell(terminal, document, language.frozen if frozen else language.unfrozen, as_json=as_json)


def pin(terminal: Terminal, version: str | None, *, as_json: bool) -> None:
    """An alias is pinned as the version that it stands for now."""
    with open_client(terminal) as client:
        policy = client.pin_model(client.model(version).version if version else None)
    language = terminal.language
    text = language.pinned.format(version=policy["model"]) if policy["model"] else language.unpinned
    _tell(terminal, policy, text, as_json=as_json)


def _tell(terminal: Terminal, document: Document, text: str, *, as_json: bool) -> None:
    if as_json:
        print_lines([document])
    else:
        terminal.say(text.format(version=document.get("version")))


def _show_rollout(terminal: Terminal, rollout: Document) -> None:
    """What the version showed beside the champion, and its moves; nothing where it never was challenger."""
    language = terminal.language
    rows = [[language.state, language.version_states[rollout["state"]]]]
    for phase in ("shadow", "canary"):
        if rollout[phase]["n"] or rollout[phase]["errors"]:
            rows += [[f"{phase}: {name}", value] for name, value in _figures(terminal, rollout[phase])]
    terminal.table([language.rollout, language.value], rows)
    if rollout["frozen"]:
        terminal.note(language.frozen)
    moved = [
        [local_time(datetime.fromisoformat(move["at"])), language.version_states[move["after"]], move["why"]]
        for move in rollout["moves"]
    ]
    if moved:
        terminal.table([language.at, language.state, language.why], moved)


def _figures(terminal: Terminal, seen: Document) -> Iterator[tuple[str, str]]:
    language = terminal.language
    yield language.compared, f"{seen['n']:,}"
    yield language.tenants, f"{seen['tenants']:,}"
    yield language.challenger_errors, f"{seen['errors']:,}"
    if not seen["n"]:
        return
    yield language.agreement, f"{seen['agreement']:.1%}"
    for change in seen["changes"]:
        before, after = (language.verdicts[change[end]] for end in ("before", "after"))
        yield f"{before} → {after}", f"{change['n'] / seen['n']:.1%}"
    yield "PSI", f"{seen['psi']:.3f}"
    for whose, value in seen["overturned"].items():
        if value["reviewed"]:
            yield language.overturned[whose], f"{value['overturned']:,} / {value['reviewed']:,}"


def show_changelog(terminal: Terminal, limit: int, *, as_json: bool) -> None:
    with open_client(terminal) as client:
        entries = client.changelog(limit=limit)
    if as_json:
        print_lines(entries)
        return
    for line in markdown(entries, terminal.language.changelog).splitlines():
        terminal.say(line)
