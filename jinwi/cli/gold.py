"""The commands `jinwi gold …`: what each takes; `jinwi.commands.gold` does it."""
# ruff: noqa: PLC0415

from pathlib import Path
from typing import Annotated, Literal

import typer

from jinwi.cli.options import JsonOption, LangOption, LimitOption
from jinwi.session import session

app = typer.Typer(
    help="Bring images whose label is known: they teach new versions, and judge them.", no_args_is_help=True
)


@app.command("add")
def add(
    *,
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Holds folders called human and ai; those in them are owners.")
    ],
    guard: Annotated[
        float, typer.Option(min=0, max=1, help="Share of new owners whose images only judge. Known owners stay.")
    ] = 0.3,
    owner_by: Annotated[
        Literal["folder", "file"], typer.Option(help="Whose an image is: its folder's, or its own.")
    ] = "folder",
    kind: Annotated[str | None, typer.Option(help="What they show: photograph, painting …")] = None,
    concurrency: Annotated[int, typer.Option(min=1, max=64, help="Images under way at once.")] = 4,
    json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Add labelled images. What is there already is skipped: run it again to go on."""
    from jinwi.commands import gold as commands

    with session(lang) as terminal:
        order = commands.Order(
            folder=folder, guard=guard, owner_by=owner_by, kind=kind, concurrency=concurrency, json=json
        )
        raise typer.Exit(commands.add(terminal, order))


@app.command("list")
def list_gold(
    *,
    label: Annotated[Literal["human", "ai"] | None, typer.Option(help="Only images with this label.")] = None,
    part: Annotated[Literal["train", "guard"] | None, typer.Option(help="Only images of this part.")] = None,
    owner: Annotated[str | None, typer.Option(help="Only images of this owner.")] = None,
    limit: LimitOption = 20,
    json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Count the labelled images, and list the newest."""
    from jinwi.commands import gold as commands

    with session(lang) as terminal:
        commands.show(terminal, {"label": label, "part": part, "owner": owner}, limit, as_json=json)


@app.command("remove")
def remove(
    images: Annotated[list[str], typer.Argument(metavar="IMAGE...", help="SHA-256, or the image file.")],
    json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Take labelled images out of all that is trained or judged from now on, and delete them."""
    from jinwi.commands import gold as commands

    with session(lang) as terminal:
        commands.remove(terminal, images, as_json=json)
