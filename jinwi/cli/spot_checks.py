"""The commands `jinwi spot-checks …`: what each takes; `jinwi.commands.spot_checks` does it."""
# ruff: noqa: PLC0415

from pathlib import Path
from typing import Annotated, Literal

import typer

from jinwi.cli.options import JsonOption, LangOption, LimitOption
from jinwi.session import session

app = typer.Typer(help="Label the pictures on which the operator's reviewers are asked.", no_args_is_help=True)

CheckArgument = Annotated[str, typer.Argument(metavar="ID", help="The spot check's id.")]


@app.command("list")
def list_spot_checks(
    *,
    labelled: Annotated[bool, typer.Option("--labelled", help="What was labelled; else what waits.")] = False,
    limit: LimitOption = 20,
    json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """List the spot checks, the oldest first."""
    from jinwi.commands import spot_checks

    with session(lang) as terminal:
        spot_checks.list_all(terminal, labelled=labelled, limit=limit, as_json=json)


@app.command("image")
def image(
    check_id: CheckArgument,
    out: Annotated[Path, typer.Option(help="Write the picture to this file.")],
    lang: LangOption = None,
) -> None:
    """Fetch the picture of a spot check, to look at it."""
    from jinwi.commands import spot_checks

    with session(lang) as terminal:
        spot_checks.save_image(terminal, check_id, out)


@app.command("label")
def label(
    *,
    check_id: CheckArgument,
    said: Annotated[Literal["human", "ai", "unsure"], typer.Argument(metavar="LABEL", help="human, ai or unsure.")],
    reason: Annotated[str, typer.Option(help="What shows it.")],
    regression: Annotated[
        bool, typer.Option("--regression", help="No later version may get it wrong; it then trains nothing.")
    ] = False,
    json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Say what a picture is, once; it outranks every score."""
    from jinwi.commands import spot_checks

    with session(lang) as terminal:
        spot_checks.label(terminal, check_id, said, reason, regression=regression, as_json=json)
