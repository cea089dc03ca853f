"""The command `jinwi`. Each command says what it takes and hands it to the module that does it.

Those modules are imported in the commands: `jinwi --help` waits for none of them.
"""

import os
from typing import Annotated

import typer

from jinwi.cli import admin, gold, index, jobs, models, people, runs, spot_checks, training, webhooks
from jinwi.cli.extras import part
from jinwi.cli.options import LangOption
from jinwi.session import choose, session
from jinwi.texts import help_ko
from jinwi.texts.korean import KOREAN

app = typer.Typer(
    help="How likely is an image AI-generated? Jinwi gives evidence; a person decides.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def main() -> None:
    command = typer.main.get_command(app)
    if choose(None, os.environ) is KOREAN:
        help_ko.translate(command)
    command()


def up(
    detach: Annotated[bool, typer.Option("--detach", help="Return when the system is ready.")] = False,
    lang: LangOption = None,
) -> None:
    """Start the whole system on this machine."""
    with session(lang) as terminal:
        raise typer.Exit(part(terminal, "deploy.local.command", "local").up(terminal, detach=detach))


def down(lang: LangOption = None) -> None:
    """Stop the system that `jinwi up --detach` started; the data stay."""
    with session(lang) as terminal:
        raise typer.Exit(part(terminal, "deploy.local.command", "local").down(terminal))


# In the order of `jinwi --help`.
for command in (
    people.review,
    jobs.verify,
    jobs.jobs,
    jobs.erase,
    jobs.similar,
    admin.policy,
    admin.pause,
    admin.resume,
    admin.audit,
    up,
    down,
    runs.retrain,
    training.train,
    training.leaks,
    training.evaluate,
    training.reproduce,
):
    app.command()(command)
for name, commands in {
    "keys": admin.keys,
    "models": models.app,
    "gold": gold.app,
    "webhooks": webhooks.app,
    "spot-checks": spot_checks.app,
    "runs": runs.app,
    "links": people.links,
    "appeals": people.appeals,
    "index": index.app,
}.items():
    app.add_typer(commands, name=name)
