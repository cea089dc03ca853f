"""The command `jinwi`. Each command says what it takes and hands it to the module that does it.

Those modules are imported in the commands: `jinwi --help` waits for none of them.
"""

import os
from typing import Annotated

import typer

from jinwi import (
    admin_cli,
    gold_cli,
    help_ko,
    index_cli,
    jobs_cli,
    models_cli,
    people_cli,
    runs_cli,
    spot_checks_cli,
    training_cli,
    webhooks_cli,
)
from jinwi.extras import part
from jinwi.korean import KOREAN
from jinwi.options import LangOption
from jinwi.session import choose, session

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
    people_cli.review,
    jobs_cli.verify,
    jobs_cli.jobs,
    jobs_cli.erase,
    jobs_cli.similar,
    admin_cli.policy,
    admin_cli.pause,
    admin_cli.resume,
    admin_cli.audit,
    up,
    down,
    runs_cli.retrain,
    training_cli.train,
    training_cli.leaks,
    training_cli.evaluate,
    training_cli.reproduce,
):
    app.command()(command)
for name, commands in {
    "keys": admin_cli.keys,
    "models": models_cli.app,
    "gold": gold_cli.app,
    "webhooks": webhooks_cli.app,
    "spot-checks": spot_checks_cli.app,
    "runs": runs_cli.app,
    "links": people_cli.links,
    "appeals": people_cli.appeals,
    "index": index_cli.app,
}.items():
    app.add_typer(commands, name=name)
