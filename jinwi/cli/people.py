"""The commands `jinwi review`, `jinwi links …` and `jinwi appeals …`; `jinwi.commands.people` does them."""
# ruff: noqa: PLC0415

import getpass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from jinwi.calls.people import AppealFilters
from jinwi.cli.options import JsonOption, LangOption, LimitOption, instant
from jinwi.results.people import AppealState
from jinwi.results.reviews import Label
from jinwi.session import session

links = typer.Typer(help="Let people without a key read one result, and take that back.", no_args_is_help=True)
appeals = typer.Typer(help="Read and decide what people say against results.", no_args_is_help=True)

JobArgument = Annotated[str, typer.Argument(metavar="JOB", help="The job's id.")]
AppealArgument = Annotated[str, typer.Argument(metavar="ID", help="The appeal's id.")]
ReviewerOption = Annotated[str | None, typer.Option(help="Who says it; else your name on this machine.")]
CheckOption = Annotated[
    list[str] | None,
    typer.Option(
        "--check",
        metavar="ITEM=SEEN",
        help="lighting, shadows, background, texture, text or hands, and ok, odd or unclear; repeatable.",
    ),
]


def review(
    *,
    job_id: JobArgument,
    label: Annotated[Label, typer.Option(help="What the image is.")],
    reason: Annotated[str, typer.Option(help="Why you say so.")],
    reviewer: ReviewerOption = None,
    check: CheckOption = None,
    json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Say what an image is, whatever the model said."""
    from jinwi.commands import people as commands

    with session(lang) as terminal:
        said = commands.Said(reason=reason, reviewer=reviewer or getpass.getuser(), label=label, checks=check or ())
        commands.review(terminal, job_id, said, as_json=json)


@links.command("create")
def create_link(
    *,
    job_id: JobArgument,
    expires: Annotated[
        datetime | None,
        typer.Option(parser=instant, metavar="TIME", help="When it ends (ISO 8601); else when it is revoked."),
    ] = None,
    json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Make a link to a result; it is shown this once."""
    from jinwi.commands import people as commands

    with session(lang) as terminal:
        commands.create_link(terminal, job_id, expires, as_json=json)


@links.command("list")
def list_links(job_id: JobArgument, json: JsonOption = False, lang: LangOption = None) -> None:
    """List the links to a result, the open ones first; never what they are."""
    from jinwi.commands import people as commands

    with session(lang) as terminal:
        commands.list_links(terminal, job_id, as_json=json)


@links.command("revoke")
def revoke_link(
    job_id: JobArgument,
    link_id: Annotated[str, typer.Argument(metavar="LINK", help="The link's id.")],
    json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Let nobody read the result by this link any more."""
    from jinwi.commands import people as commands

    with session(lang) as terminal:
        commands.revoke_link(terminal, job_id, link_id, as_json=json)


@appeals.command("list")
def list_appeals(
    *,
    state: Annotated[AppealState | None, typer.Option(help="Only appeals in this state.")] = None,
    job: Annotated[str | None, typer.Option(metavar="ID", help="Only against this job's result.")] = None,
    limit: LimitOption = 20,
    json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """List appeals, the newest first."""
    from jinwi.commands import people as commands

    with session(lang) as terminal:
        filters: AppealFilters = {"state": state, "job_id": job}
        commands.list_appeals(terminal, filters, limit, as_json=json)


@appeals.command("show")
def show_appeal(
    *,
    appeal_id: AppealArgument,
    files: Annotated[Path | None, typer.Option(help="Write its files to this folder, unopened.")] = None,
    json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Show an appeal: its message, its files, its answer."""
    from jinwi.commands import people as commands

    with session(lang) as terminal:
        commands.show_appeal(terminal, appeal_id, files, as_json=json)


@appeals.command("decide")
def decide_appeal(
    *,
    appeal_id: AppealArgument,
    outcome: Annotated[
        Literal["upheld", "overturned"], typer.Argument(help="upheld: the verdict stands; overturned: it does not.")
    ],
    reason: Annotated[str, typer.Option(help="Why; whoever has the link reads it.")],
    reviewer: ReviewerOption = None,
    label: Annotated[Label | None, typer.Option(help="What the image is, where the verdict took no side.")] = None,
    check: CheckOption = None,
    json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Decide an appeal, once and for all; this is a review too."""
    from jinwi.commands import people as commands

    with session(lang) as terminal:
        said = commands.Said(reason=reason, reviewer=reviewer or getpass.getuser(), label=label, checks=check or ())
        commands.decide_appeal(terminal, appeal_id, outcome, said, as_json=json)
