"""The commands on jobs, `jinwi verify` first: what each takes; the modules that they import do it."""
# ruff: noqa: PLC0415

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from jinwi.calls.jobs import Filters
from jinwi.cli.options import JsonOption, LangOption, LimitOption, instant
from jinwi.results.jobs import Lane, State, Verdict
from jinwi.results.reviews import ReviewState
from jinwi.session import session


def verify(
    *,
    inputs: Annotated[list[str], typer.Argument(help="Image files, folders (with all below them) and links.")],
    lane: Annotated[
        Lane | None, typer.Option(help="Who waits for whom; else interactive up to 20 images, bulk above.")
    ] = None,
    evidence: Annotated[
        Literal["basic", "full"] | None,
        typer.Option(help="full: also what each file says of its origin, its score in other forms, where it was seen."),
    ] = None,
    json: JsonOption = False,
    csv: Annotated[Path | None, typer.Option(help="Write a table to this file.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write a contact sheet to this file.")] = None,
    map_folder: Annotated[
        Path | None, typer.Option("--map", help="Write each image under its map of evidence to this folder.")
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(help="Journal of the run: begun if absent, else gone on with. Files are known by path."),
    ] = None,
    concurrency: Annotated[int, typer.Option(min=1, max=256, help="Images under way at once.")] = 16,
    lang: LangOption = None,
) -> None:
    """Say how likely images are AI-generated."""
    from jinwi.commands import verify as commands

    with session(lang) as terminal:
        order = commands.Order(
            arguments=inputs,
            lane=lane,
            json=json,
            evidence=evidence,
            csv=csv,
            html=html,
            map=map_folder,
            resume=resume,
            concurrency=concurrency,
        )
        raise typer.Exit(commands.verify(terminal, order))


def jobs(
    *,
    state: Annotated[State | None, typer.Option(help="Only jobs in this state.")] = None,
    verdict: Annotated[Verdict | None, typer.Option(help="Only jobs with this verdict.")] = None,
    review: Annotated[
        ReviewState | None, typer.Option(help="Only jobs of which people say this; disputed ones wait for a reviewer.")
    ] = None,
    external_id: Annotated[str | None, typer.Option(help="Only jobs with this id of yours.")] = None,
    after: Annotated[
        datetime | None,
        typer.Option(parser=instant, metavar="TIME", help="Only jobs created since then (ISO 8601)."),
    ] = None,
    before: Annotated[
        datetime | None,
        typer.Option(parser=instant, metavar="TIME", help="Only jobs created before (ISO 8601)."),
    ] = None,
    limit: LimitOption = 20,
    json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """List jobs, the newest first."""
    from jinwi.commands import jobs as commands

    with session(lang) as terminal:
        filters: Filters = {
            "state": state,
            "verdict": verdict,
            "review": review,
            "external_id": external_id,
            "created_after": after,
            "created_before": before,
        }
        commands.list_jobs(terminal, filters, limit, as_json=json)


def erase(
    job_ids: Annotated[list[str], typer.Argument(metavar="ID...", help="The jobs.")],
    json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Erase images and all that is known of them, for good."""
    from jinwi.commands import jobs as commands

    with session(lang) as terminal:
        commands.erase(terminal, job_ids, as_json=json)


def similar(
    job_id: Annotated[str, typer.Argument(metavar="ID", help="The job.")],
    json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Show other jobs with the same picture, in this or another form."""
    from jinwi.commands import jobs as commands

    with session(lang) as terminal:
        commands.similar(terminal, job_id, as_json=json)
