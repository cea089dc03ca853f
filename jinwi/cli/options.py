"""Options and arguments that commands share."""

from datetime import datetime
from typing import Annotated

import typer

from jinwi.texts.language import Code

LangOption = Annotated[
    Code | None, typer.Option("--lang", help="Language of what is said; else that of LC_ALL or LANG.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, one document a line.")]
LimitOption = Annotated[int, typer.Option(min=1, help="At most so many.")]
VersionArgument = Annotated[str, typer.Argument(help="A version, or an alias such as champion.")]


def instant(text: str) -> datetime:
    """ISO 8601, a date alone too; raises typer.BadParameter with the form that is meant."""
    try:
        return datetime.fromisoformat(text)
    except ValueError as exc:
        raise typer.BadParameter(f"{text!r} is no ISO 8601 time: write 2026-11-21 or 2026-11-21T09:00Z") from exc
