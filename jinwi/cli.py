"""The command `jinwi`. Each command says what it takes and hands it to the module that does it.

Those modules are imported in the commands: `jinwi --help` waits for none of them.
"""
# ruff: noqa: PLC0415

import importlib
import math
import os
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Annotated

import typer

from jinwi import help_ko
from jinwi.calls import Filters
from jinwi.korean import KOREAN
from jinwi.language import Code
from jinwi.results import Lane, State, Verdict
from jinwi.session import Complaint, choose, session
from jinwi.terminal import Terminal

app = typer.Typer(
    help="How likely is an image AI-generated? Jinwi gives evidence; a person decides.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
keys = typer.Typer(help="Create, list and revoke API keys.", no_args_is_help=True)
app.add_typer(keys, name="keys")

LangOption = Annotated[
    Code | None, typer.Option("--lang", help="Language of what is said; else that of LC_ALL or LANG.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, one document a line.")]
LaneArgument = Annotated[Lane, typer.Argument(help="The lane.")]


def main() -> None:
    command = typer.main.get_command(app)
    if choose(None, os.environ) is KOREAN:
        help_ko.translate(command)
    command()


@app.command()
def verify(
    *,
    inputs: Annotated[list[str], typer.Argument(help="Image files, folders (with all below them) and links.")],
    lane: Annotated[
        Lane | None, typer.Option(help="Who waits for whom; else interactive up to 20 images, bulk above.")
    ] = None,
    json: JsonOption = False,
    csv: Annotated[Path | None, typer.Option(help="Write a table to this file.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write a contact sheet to this file.")] = None,
    resume: Annotated[
        Path | None,
        typer.Option(help="Journal of the run: begun if absent, else gone on with. Files are known by path."),
    ] = None,
    concurrency: Annotated[int, typer.Option(min=1, max=256, help="Images under way at once.")] = 16,
    lang: LangOption = None,
) -> None:
    """Say how likely images are AI-generated."""
    from jinwi import verify_command

    with session(lang) as terminal:
        order = verify_command.Order(
            arguments=inputs,
            lane=lane,
            json=json,
            csv=csv,
            html=html,
            resume=resume,
            concurrency=concurrency,
        )
        raise typer.Exit(verify_command.verify(terminal, order))


@app.command()
def jobs(
    *,
    state: Annotated[State | None, typer.Option(help="Only jobs in this state.")] = None,
    verdict: Annotated[Verdict | None, typer.Option(help="Only jobs with this verdict.")] = None,
    external_id: Annotated[str | None, typer.Option(help="Only jobs with this id of yours.")] = None,
    after: Annotated[
        datetime | None,
        typer.Option(parser=datetime.fromisoformat, metavar="TIME", help="Only jobs created since then (ISO 8601)."),
    ] = None,
    before: Annotated[
        datetime | None,
        typer.Option(parser=datetime.fromisoformat, metavar="TIME", help="Only jobs created before (ISO 8601)."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 20,
    json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """List jobs, the newest first."""
    from jinwi import admin_commands

    with session(lang) as terminal:
        filters: Filters = {
            "state": state,
            "verdict": verdict,
            "external_id": external_id,
            "created_after": after,
            "created_before": before,
        }
        admin_commands.list_jobs(terminal, filters, limit, as_json=json)


@app.command()
def erase(
    job_ids: Annotated[list[str], typer.Argument(metavar="ID...", help="The jobs.")],
    json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Erase images and all that is known of them, for good."""
    from jinwi import admin_commands

    with session(lang) as terminal:
        admin_commands.erase(terminal, job_ids, as_json=json)


@app.command()
def models(
    version: Annotated[
        str | None, typer.Argument(help="Show the card of this version or alias, such as champion.")
    ] = None,
    json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """List the model versions, or show the card of one."""
    from jinwi import admin_commands

    with session(lang) as terminal:
        if version:
            admin_commands.show_model(terminal, version, as_json=json)
        else:
            admin_commands.list_models(terminal, as_json=json)


@app.command()
def pause(lane: LaneArgument, json: JsonOption = False, lang: LangOption = None) -> None:
    """Let no job of a lane begin; submissions are still accepted."""
    from jinwi import admin_commands

    with session(lang) as terminal:
        admin_commands.set_paused(terminal, lane, paused=True, as_json=json)


@app.command()
def resume(lane: LaneArgument, json: JsonOption = False, lang: LangOption = None) -> None:
    """Let the jobs of a paused lane begin again."""
    from jinwi import admin_commands

    with session(lang) as terminal:
        admin_commands.set_paused(terminal, lane, paused=False, as_json=json)


@keys.command("create")
def create_key(
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    scope: Annotated[list[str], typer.Option(help="What it may do: submit, read, review, models, admin; repeatable.")],
    json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Create a key, which is shown this once."""
    from jinwi import admin_commands

    with session(lang) as terminal:
        admin_commands.create_key(terminal, name, scope, as_json=json)


@keys.command("list")
def list_keys(json: JsonOption = False, lang: LangOption = None) -> None:
    """List the keys, never their secret part."""
    from jinwi import admin_commands

    with session(lang) as terminal:
        admin_commands.list_keys(terminal, as_json=json)


@keys.command("revoke")
def revoke_key(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="The key's id.")],
    json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Revoke a key at once."""
    from jinwi import admin_commands

    with session(lang) as terminal:
        admin_commands.revoke_key(terminal, key_id, as_json=json)


@app.command()
def up(
    detach: Annotated[bool, typer.Option("--detach", help="Return when the system is ready.")] = False,
    lang: LangOption = None,
) -> None:
    """Start the whole system on this machine."""
    with session(lang) as terminal:
        raise typer.Exit(_part(terminal, "deploy.local.command", "local").up(terminal, detach=detach))


@app.command()
def down(lang: LangOption = None) -> None:
    """Stop the system that `jinwi up --detach` started; the data stay."""
    with session(lang) as terminal:
        raise typer.Exit(_part(terminal, "deploy.local.command", "local").down(terminal))


@app.command()
def train(
    *,
    arch: Annotated[str, typer.Option(help="The network, by its name.")],
    data: Annotated[Path, typer.Option(help="The labelled images.")],
    version: Annotated[str, typer.Option(help="MAJOR.MINOR.PATCH of the version to make.")],
    out: Annotated[Path, typer.Option(help="Folder in which the version gets its own.")],
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the images, at most.")] = 18,
    minutes: Annotated[float, typer.Option(help="Stop training after so long.")] = math.inf,
    seed: Annotated[int, typer.Option(help="The same seed and data give the same weights.")] = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted training.")] = False,
    lang: LangOption = None,
) -> None:
    """Train a model version on labelled images."""
    with session(lang) as terminal:
        trainer = _part(terminal, "services.retrainer.train", "retrainer")
        trainer.train_version(
            arch=arch, data=data, version=version, out=out, epochs=epochs, minutes=minutes, seed=seed, resume=resume
        )


def _part(terminal: Terminal, module: str, extra: str) -> ModuleType:
    """A part that an installation has only with `extra`."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as exc:
        text = terminal.language.missing_extra.format(module=exc.name, extra=extra)
        raise Complaint(text) from exc
