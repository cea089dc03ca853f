"""The commands of whoever runs a server, and `jinwi keys …`; `jinwi.commands.admin` does most of them."""
# ruff: noqa: PLC0415

from datetime import datetime
from typing import Annotated

import typer

from jinwi.calls.admin import AuditFilters
from jinwi.cli.options import JsonOption, LangOption, LimitOption, instant
from jinwi.results.jobs import Lane
from jinwi.session import session

keys = typer.Typer(help="Create, list and revoke API keys.", no_args_is_help=True)

LaneArgument = Annotated[Lane, typer.Argument(help="The lane.")]


def policy(
    *,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="Change a member, null: to its default; repeatable."),
    ] = None,
    json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Show how your tenant is served, and change it: thresholds, domain_cap, evidence and more."""
    from jinwi.commands import policy as commands

    with session(lang) as terminal:
        commands.policy(terminal, settings or [], as_json=json)


def pause(lane: LaneArgument, json: JsonOption = False, lang: LangOption = None) -> None:
    """Let no job of a lane begin; submissions are still accepted."""
    from jinwi.commands import admin as commands

    with session(lang) as terminal:
        commands.set_paused(terminal, lane, paused=True, as_json=json)


def resume(lane: LaneArgument, json: JsonOption = False, lang: LangOption = None) -> None:
    """Let the jobs of a paused lane begin again."""
    from jinwi.commands import admin as commands

    with session(lang) as terminal:
        commands.set_paused(terminal, lane, paused=False, as_json=json)


@keys.command("create")
def create_key(
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    scope: Annotated[
        list[str], typer.Option(help="What it may do: submit, read, review, label, models, admin; repeatable.")
    ],
    json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Create a key, which is shown this once."""
    from jinwi.commands import admin as commands

    with session(lang) as terminal:
        commands.create_key(terminal, name, scope, as_json=json)


@keys.command("list")
def list_keys(json: JsonOption = False, lang: LangOption = None) -> None:
    """List the keys, never their secret part."""
    from jinwi.commands import admin as commands

    with session(lang) as terminal:
        commands.list_keys(terminal, as_json=json)


@keys.command("revoke")
def revoke_key(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="The key's id.")],
    json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Revoke a key at once."""
    from jinwi.commands import admin as commands

    with session(lang) as terminal:
        commands.revoke_key(terminal, key_id, as_json=json)


def audit(
    *,
    action: Annotated[str | None, typer.Option(help="Only acts of this kind, such as key.created.")] = None,
    key: Annotated[str | None, typer.Option(metavar="ID", help="Only what was done with this key.")] = None,
    since: Annotated[
        datetime | None,
        typer.Option(parser=instant, metavar="TIME", help="Only acts since then (ISO 8601)."),
    ] = None,
    limit: LimitOption = 20,
    json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """List what administrators did, the newest first."""
    from jinwi.commands import admin as commands

    with session(lang) as terminal:
        filters: AuditFilters = {"action": action, "key_id": key, "since": since}
        commands.list_acts(terminal, filters, limit, as_json=json)
