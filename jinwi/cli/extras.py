"""What an installation has only with an extra."""

import importlib
from types import ModuleType

from jinwi.session import Complaint
from jinwi.terminal import Terminal


def part(terminal: Terminal, module: str, extra: str) -> ModuleType:
    """A part that an installation has only with `extra`."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as exc:
        text = terminal.language.missing_extra.format(module=exc.name, extra=extra)
        raise Complaint(text) from exc
