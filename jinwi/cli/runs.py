"""The commands `jinwi retrain` and `jinwi runs …`: what each takes; `jinwi.commands.retrain` does it."""
# ruff: noqa: PLC0415

from typing import Annotated

import typer

from jinwi.cli.options import JsonOption, LangOption, LimitOption
from jinwi.results.retraining import Mode
from jinwi.session import session

app = typer.Typer(help="List, show and cancel retraining runs.", no_args_is_help=True)

RunArgument = Annotated[str, typer.Argument(metavar="ID", help="The run's id.")]


def retrain(
    *,
    mode: Annotated[
        Mode | None, typer.Option(help="head: the last layer; full: the whole network; mixed: both in turn.")
    ] = None,
    min_samples: Annotated[
        int | None, typer.Option(min=0, help="Train only with so many new samples; else as the server is set.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed and samples give the same weights.")] = 0,
    wait: Annotated[bool, typer.Option("--wait", help="Show the progress, and how the run ends.")] = False,
    json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Retrain the champion on what was harvested and on gold; publish what passes the gate."""
    from jinwi.commands import retrain as commands

    with session(lang) as terminal:
        order = commands.Order(mode=mode, min_samples=min_samples, seed=seed, wait=wait, json=json)
        raise typer.Exit(commands.retrain(terminal, order))


@app.command("list")
def list_runs(limit: LimitOption = 20, json: JsonOption = False, lang: LangOption = None) -> None:
    """List the retraining runs, the newest first."""
    from jinwi.commands import retrain as commands

    with session(lang) as terminal:
        commands.list_runs(terminal, limit, as_json=json)


@app.command("show")
def show(run_id: RunArgument, json: JsonOption = False, lang: LangOption = None) -> None:
    """Show how a run stands, or how it ended."""
    from jinwi.commands import retrain as commands

    with session(lang) as terminal:
        commands.show(terminal, run_id, as_json=json)


@app.command("cancel")
def cancel(run_id: RunArgument, json: JsonOption = False, lang: LangOption = None) -> None:
    """Cancel a run: at once while it is queued, at its next step while it runs."""
    from jinwi.commands import retrain as commands

    with session(lang) as terminal:
        commands.cancel(terminal, run_id, as_json=json)
