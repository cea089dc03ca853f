"""The commands `jinwi index …`: what each takes; `jinwi.commands.index` does it."""
# ruff: noqa: PLC0415

from pathlib import Path
from typing import Annotated

import typer

from jinwi.cli.options import JsonOption, LangOption
from jinwi.session import session

app = typer.Typer(
    help="Know your own pictures again: indexes of hashes and embeddings, without the pictures.", no_args_is_help=True
)


@app.command("add")
def add(
    *,
    folder: Annotated[Path, typer.Argument(help="The pictures: a folder with all below it, or one file.")],
    name: Annotated[str, typer.Option(help="The index that they go into.")],
    json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Add what an index does not know yet: hashes and embeddings are kept, the pictures are not."""
    from jinwi.commands import index as commands

    with session(lang) as terminal:
        raise typer.Exit(commands.add(terminal, folder, name, as_json=json))


@app.command("list")
def list_indexes(json: JsonOption = False, lang: LangOption = None) -> None:
    """List the indexes with how many pictures each knows."""
    from jinwi.commands import index as commands

    with session(lang) as terminal:
        commands.list_all(terminal, as_json=json)


@app.command("remove")
def remove(
    name: Annotated[str, typer.Argument(help="The index.")], json: JsonOption = False, lang: LangOption = None
) -> None:
    """Forget an index and all that it knows."""
    from jinwi.commands import index as commands

    with session(lang) as terminal:
        commands.remove(terminal, name, as_json=json)
