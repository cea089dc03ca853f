"""HTML made of Python values: every text is cleaned and escaped on its way in, so that none can be forgotten."""

import html
import re
from collections.abc import Iterable

# C0 and C1 controls but for tab and line feed, halves of surrogate pairs, and what turns the direction of the text
# beside it (Unicode Standard Annex 9, section 2): a file's metadata may hold all of them.
_UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)

_VOID = frozenset({"img", "input", "link", "meta"})


class Markup(str):
    """HTML that is whole and safe."""

    __slots__ = ()


Child = str | Iterable["Child"] | None


def clean(text: str) -> str:
    """The text without what no page should hold; each such character leaves the replacement character."""
    return _UNSEEN.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def markup(*children: Child) -> Markup:
    """Markup as it is, text escaped, lists one after the other, None left out."""
    return Markup("".join(_written(child) for child in children))


def tag(name: str, /, *children: Child, **attributes: str | int | bool | None) -> Markup:
    """An element. An underscore at the end of an attribute's name is dropped, others are hyphens.

    True: the attribute without a value; None and False: none.
    """
    written = "".join(_attribute(key.rstrip("_").replace("_", "-"), value) for key, value in attributes.items())
    if name in _VOID:
        return Markup(f"<{name}{written}>")
    return Markup(f"<{name}{written}>{markup(*children)}</{name}>")


def _written(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Markup):
        return child
    if isinstance(child, str):
        return html.escape(clean(child), quote=False)
    return markup(*child)


def _attribute(name: str, value: str | int | bool | None) -> str:
    if value is None or value is False:
        return ""
    if value is True:
        return f" {name}"
    return f' {name}="{html.escape(clean(str(value)))}"'
