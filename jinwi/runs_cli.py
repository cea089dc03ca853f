"""The commands `jinwi runs …`: what each takes; `jinwi.retrain_command` does it."""
# ruff: noqa: PLC0415

from typing import Annotated

import typer

from jinwi.options import JsonOption, LangOption, LimitOption
from jinwi.session import session

app = typer.Typer(help="List, show and cancel retraining runs.", no_args_is_help=True)

RunArgument = Annotated[str, typer.Argument(metavar="ID", help="The run's id.")]


@app.command("list")
def list_runs(limit: LimitOption = 20, json: JsonOption = False, lang: LangOption = None) -> None:
    """List the retraining runs, the newest first."""
    from jinwi import retrain_command

    with session(lang) as terminal:
        retrain_command.list_runs(terminal, limit, as_json=json)


@app.command("show")
def show(run_id: RunArgument, json: JsonOption = False, lang: LangOption = None) -> None:
    """Show how a run stands, or how it ended."""
    from jinwi import retrain_command

    with session(lang) as terminal:
        retrain_command.show(terminal, run_id, as_json=json)


@app.command("cancel")
def cancel(run_id: RunArgument, json: JsonOption = False, lang: LangOption = None) -> None:
    """Cancel a run: at once while it is queued, at its next step while it runs."""
    from jinwi import retrain_command

    with session(lang) as terminal:
        retrain_command.cancel(terminal, run_id, as_json=json)
