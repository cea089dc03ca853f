"""The commands `jinwi models …`: what each takes; the modules that they import do it."""
# ruff: noqa: PLC0415

from pathlib import Path
from typing import Annotated

import typer

from jinwi.cli import rollout
from jinwi.cli.extras import part
from jinwi.cli.options import JsonOption, LangOption, VersionArgument
from jinwi.session import session

app = typer.Typer(help="List, show, share and import model versions, and say which one scores.", no_args_is_help=True)
app.add_typer(rollout.app)


@app.command("list")
def list_models(json: JsonOption = False, lang: LangOption = None) -> None:
    """List the model versions, the newest first."""
    from jinwi.commands import models as commands

    with session(lang) as terminal:
        commands.list_models(terminal, as_json=json)


@app.command("show")
def show_model(version: VersionArgument = "champion", json: JsonOption = False, lang: LangOption = None) -> None:
    """Show the card of a version, and what it showed on live traffic."""
    from jinwi.commands import models as commands

    with session(lang) as terminal:
        commands.show_model(terminal, version, as_json=json)


@app.command("import")
def import_model(
    *,
    source: Annotated[
        Path, typer.Argument(metavar="FILE", help="An ONNX file, a folder that train or --out made, or a .jinwi file.")
    ],
    card: Annotated[Path | None, typer.Option(help="What the file is and how it reads a picture (YAML).")] = None,
    out: Annotated[Path | None, typer.Option(help="Make the version's folder in here, and send nothing.")] = None,
    promote: Annotated[bool, typer.Option("--promote", help="Let it score from now on.")] = False,
    json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Bring a detector: an ONNX file with its card, a version's folder, or the file that export wrote."""
    from jinwi.commands import bring

    with session(lang) as terminal:
        order = bring.Order(source=source, card=card, out=out, promote=promote, json=json)
        if bring.is_archive(source):
            bring.import_archive(terminal, order)
            return
        versions = part(terminal, "services.retrainer.bring.version", "models")
        bring.import_model(terminal, order, versions)


@app.command("changelog")
def show_changelog(
    limit: Annotated[int, typer.Option(min=1, max=200, help="At most so many.")] = 50,
    json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Say what became of each version and each refused candidate, as Markdown."""
    from jinwi.commands import models as commands

    with session(lang) as terminal:
        commands.show_changelog(terminal, limit, as_json=json)


@app.command("export")
def export_model(
    version: VersionArgument = "champion",
    out: Annotated[Path | None, typer.Option(help="The file, or a folder; else NAME-VERSION.jinwi here.")] = None,
    json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Write a version to one signed file, which any web server can hand out."""
    from jinwi.commands import share as commands

    with session(lang) as terminal:
        commands.export(terminal, version, out, as_json=json)


@app.command("pull")
def pull_model(
    *,
    url: Annotated[str, typer.Argument(metavar="URL", help="Where the file that export wrote lies: https://…")],
    key: Annotated[
        list[Path] | None, typer.Option(help="Trust this public key too (PEM file or folder); repeatable.")
    ] = None,
    promote: Annotated[bool, typer.Option("--promote", help="Let it score from now on.")] = False,
    json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Fetch a version from a web server, and register it if a trusted key vouches for it."""
    from jinwi.commands import share as commands

    with session(lang) as terminal:
        commands.pull(terminal, url, key or [], promote=promote, as_json=json)
