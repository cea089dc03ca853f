"""Why an input is refused before it is sent, as problem documents like the server's own."""

from collections.abc import Mapping

from jinwi.texts.language import PROBLEM_TYPE


def unsupported_format() -> Mapping[str, str]:
    return _problem("unsupported-format", "Not accepted", "The file is not a JPEG, PNG, WebP, GIF, AVIF or HEIC image.")


def empty() -> Mapping[str, str]:
    return _problem("empty-file", "Not accepted", "The file is empty.")


def unsupported_link(name: str) -> Mapping[str, str]:
    detail = f"Only http:// and https:// links are fetched: {name}"
    return _problem("unsupported-link", "The link is not accepted", detail)


def unreadable(exc: OSError) -> Mapping[str, str]:
    if isinstance(exc, FileNotFoundError):
        return _problem("no-such-file", "Cannot be read", "No such file or folder.")
    return _problem("unreadable", "Cannot be read", exc.strerror or str(exc))


def _problem(kind: str, title: str, detail: str) -> Mapping[str, str]:
    return {"type": f"{PROBLEM_TYPE}{kind}", "title": title, "detail": detail}
