"""Options that commands share."""

from typing import Annotated

import typer

from jinwi.language import Code

LangOption = Annotated[
    Code | None, typer.Option("--lang", help="Language of what is said; else that of LC_ALL or LANG.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, one document a line.")]
LimitOption = Annotated[int, typer.Option(min=1, help="At most so many.")]
