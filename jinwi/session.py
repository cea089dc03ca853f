"""What every command runs in: a terminal, a language, and an end in one line instead of a traceback."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import typer

from jinwi.errors import ApiError, JinwiError, Unavailable
from jinwi.terminal import Terminal, open_terminal
from jinwi.texts.english import ENGLISH
from jinwi.texts.korean import KOREAN
from jinwi.texts.language import Code, Language
from shared.errors import JinwiError as ServiceError


class Complaint(Exception):
    """Ends the command with a line for the person, in the person's language. `code` 2: a wrong usage."""

    def __init__(self, text: str, code: int = 1) -> None:
        super().__init__(text)
        self.code = code


LANGUAGES: Mapping[Code, Language] = {Code.EN: ENGLISH, Code.KO: KOREAN}


def choose(asked: Code | None, environment: Mapping[str, str]) -> Language:
    """The language asked for, else that of LC_ALL, LC_MESSAGES or LANG (POSIX, in that order), else English."""
    if asked:
        return LANGUAGES[asked]
    locale = next((environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), "")
    return KOREAN if locale.lower().startswith("ko") else ENGLISH


@contextmanager
def session(lang: Code | None) -> Iterator[Terminal]:
    """The terminal for one command; errors raised within are said in one line and set the exit code."""
    terminal = open_terminal(choose(lang, os.environ))
    try:
        yield terminal
    except BrokenPipeError:
        raise
    except KeyboardInterrupt as exc:
        terminal.note(str(exc) or terminal.language.interrupted)
        raise
    except (Complaint, JinwiError, ServiceError, OSError) as exc:
        terminal.note(explain(exc, terminal.language, os.environ))
        raise typer.Exit(exc.code if isinstance(exc, Complaint) else 1) from exc


def explain(exc: Exception, language: Language, environment: Mapping[str, str]) -> str:
    """One line: what happened, and what to do."""
    match exc:
        case Unavailable(problem=None):
            text = language.cannot_reach.format(url=server_url(environment))
        case Unavailable(problem=problem):
            text = language.busy.format(url=server_url(environment), detail=language.problem(problem or {}))
        case ApiError(status=401):
            text = language.bad_key.format(path=key_file(environment))
        case ApiError(status=403, problem=problem):
            text = language.forbidden.format(detail=problem.get("detail") or problem.get("title"))
        case ApiError(problem=problem):
            text = language.problem(problem)
        case FileNotFoundError(filename=str(name)):
            text = language.not_found.format(name=name)
        case OSError(filename=str(name), strerror=str(reason)):
            text = f"{name}: {reason}"
        case _:
            text = str(exc)
    return text


def server_url(environment: Mapping[str, str]) -> str:
    return environment.get("JINWI_URL") or f"http://127.0.0.1:{environment.get('JINWI_PORT') or 8000}"


def key_file(environment: Mapping[str, str]) -> Path:
    return Path(environment.get("JINWI_HOME") or ".jinwi") / "key"
