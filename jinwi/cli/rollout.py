"""The commands `jinwi models …` that say which version scores and which goes; `jinwi.commands.models` does it."""
# ruff: noqa: PLC0415

from typing import Annotated

import typer

from jinwi.cli.options import JsonOption, LangOption, VersionArgument
from jinwi.session import session

app = typer.Typer()

WhyOption = Annotated[str | None, typer.Option(help="Why; kept with what is done.")]


@app.command("promote")
def promote(
    *,
    version: VersionArgument,
    why: WhyOption = None,
    force: Annotated[bool, typer.Option("--force", help="Also one that was stopped; needs --why.")] = False,
    json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Make a version champion: it scores from now on."""
    from jinwi.commands import models as commands

    with session(lang) as terminal:
        commands.promote(terminal, version, why, force=force, as_json=json)


@app.command("rollback")
def roll_back(json: JsonOption = False, lang: LangOption = None) -> None:
    """Return to the version that was champion before."""
    from jinwi.commands import models as commands

    with session(lang) as terminal:
        commands.roll_back(terminal, as_json=json)


@app.command("remove")
def remove(version: VersionArgument, why: WhyOption = None, json: JsonOption = False, lang: LangOption = None) -> None:
    """Delete the files of a version that nothing needs; its card stays."""
    from jinwi.commands import models as commands

    with session(lang) as terminal:
        commands.remove(terminal, version, why, as_json=json)


@app.command("rollout")
def begin(version: VersionArgument, why: WhyOption = None, json: JsonOption = False, lang: LangOption = None) -> None:
    """Try a version on live traffic: shadow, then canary, then champion."""
    from jinwi.commands import models as commands

    with session(lang) as terminal:
        commands.begin(terminal, version, why, as_json=json)


@app.command("stop")
def stop(version: VersionArgument = "challenger", json: JsonOption = False, lang: LangOption = None) -> None:
    """Take a version out of shadow or canary."""
    from jinwi.commands import models as commands

    with session(lang) as terminal:
        commands.stop(terminal, version, as_json=json)


@app.command("freeze")
def freeze(why: WhyOption = None, json: JsonOption = False, lang: LangOption = None) -> None:
    """Let no version come into service by itself; stops go on."""
    from jinwi.commands import models as commands

    with session(lang) as terminal:
        commands.set_frozen(terminal, why, frozen=True, as_json=json)


@app.command("unfreeze")
def unfreeze(why: WhyOption = None, json: JsonOption = False, lang: LangOption = None) -> None:
    """Let versions come into service by themselves again."""
    from jinwi.commands import models as commands

    with session(lang) as terminal:
        commands.set_frozen(terminal, why, frozen=False, as_json=json)


@app.command("pin")
def pin(version: VersionArgument, json: JsonOption = False, lang: LangOption = None) -> None:
    """Let one version score all jobs of your tenant, whatever is champion."""
    from jinwi.commands import models as commands

    with session(lang) as terminal:
        commands.pin(terminal, version, as_json=json)


@app.command("unpin")
def unpin(json: JsonOption = False, lang: LangOption = None) -> None:
    """Let the champion score your tenant's jobs again."""
    from jinwi.commands import models as commands

    with session(lang) as terminal:
        commands.pin(terminal, None, as_json=json)
