"""The page at `/`: one answer, put together from its parts, and allowed to run those and nothing else."""

import base64
import hashlib
import re
from collections.abc import Iterable
from functools import cache
from importlib import resources

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

router = APIRouter()

_PART = re.compile(r'<link rel="stylesheet" href="([\w-]+\.css)">|<script src="([\w-]+\.js)"></script>')
_SCRIPT = re.compile(r"<script\b[^>]*>(.*?)</script>", re.DOTALL)
_STYLE = re.compile(r"<style\b[^>]*>(.*?)</style>", re.DOTALL)


@router.get("/", include_in_schema=False)
async def show_page() -> Response:
    page = _page()
    return HTMLResponse(
        page,
        headers={
            "Content-Security-Policy": content_security_policy(page),
            "Cache-Control": "no-cache",
        },
    )


@cache
def _page() -> str:
    return whole(_read("index.html"))


def whole(markup: str) -> str:
    """The markup, with each part that it names in place of its tag; FileNotFoundError names one that is missing."""
    # Classic scripts, for a module within the page has no address by which another could import it. So the parts share
    # one scope, and a test sees to it that no two declare the same name.
    return _PART.sub(_in_place, markup)


def _in_place(tag: re.Match[str]) -> str:
    style, script = tag.groups()
    return f"<style>\n{_read(style)}</style>" if style else f"<script>\n{_read(script)}</script>"


def _read(name: str) -> str:
    return resources.files("services.api").joinpath("web", name).read_text(encoding="utf-8")


@cache
def content_security_policy(page: str) -> str:
    """By hash, so that a script that somebody smuggles in does not run (CSP Level 3, section 8.1)."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {_hashes(_SCRIPT.findall(page))}",
            f"style-src {_hashes(_STYLE.findall(page))}",
            "connect-src 'self'",
            "img-src 'self' blob: data:",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


def _hashes(texts: Iterable[str]) -> str:
    digests = (hashlib.sha256(text.encode()).digest() for text in texts)
    return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests) or "'none'"
