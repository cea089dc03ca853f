"""A chapter of a report that stands alone: HTML with its pictures inside, and the same figures as data."""

import base64
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from PIL import Image

from services.retrainer.statistics.bootstrap import Interval

STYLE = """<style>
.study { font: 15px/1.5 system-ui, sans-serif; overflow-x: auto; }
.study img, .study svg { max-width: 100%; height: auto; border-radius: .4rem; }
.study table { border-collapse: collapse; margin: .75rem 0; font-size: .88rem; font-variant-numeric: tabular-nums; }
.study th, .study td { padding: .3rem .7rem; border-bottom: 1px solid #8884; text-align: right; }
.study td { white-space: nowrap; }
.study th { font-weight: 600; vertical-align: bottom; }
.study .words { text-align: left; white-space: normal; overflow-wrap: break-word; }
.study td img { display: block; max-width: none; }
.study small { opacity: .7; }
.study .bad { color: #c2410c; font-weight: 600; }
.study .good { color: #2a7f62; font-weight: 600; }
</style>
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """`html` goes under a heading `title`, `data` into JSON (no nan), `files` beside the report, by name."""

    title: str
    html: str
    data: Mapping[str, Any]
    files: Mapping[str, bytes] = field(default_factory=dict)


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


def study(*parts: str) -> str:
    """The parts under the one style of these chapters."""
    return f'{STYLE}<div class="study">\n' + "\n".join(parts) + "\n</div>\n"


def paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def bullets(texts: Iterable[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(text)}</li>" for text in texts) + "</ul>"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, words: int = 1) -> str:
    """The first columns, `words` of them, hold words, the others numbers; cells are escaped unless they are Html."""
    head = _cells("th", heads, words)
    body = "\n".join(f"<tr>{_cells('td', row, words)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table>"


def explained(text: str, says: str) -> Html:
    """A name, and small beside it what it means."""
    return Html(f"{escape(text)} <small>{escape(says)}</small>")


def marked(text: str, mark: str) -> Html:
    """`mark` is a class of the style: bad, good."""
    return Html(f'<span class="{mark}">{escape(text)}</span>')


def picture(image: Image.Image, alt: str, *, quality: int = 85) -> Html:
    """The image inside the page, as WebP."""
    file = io.BytesIO()
    image.save(file, "WEBP", quality=quality)
    data = base64.b64encode(file.getvalue()).decode("ascii")
    size = f'width="{image.width}" height="{image.height}"'
    return Html(f'<img src="data:image/webp;base64,{data}" alt="{escape(alt)}" {size} loading="lazy">')


def png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def figure(interval: Interval, *, sign: bool = False, bad: bool = False) -> Html:
    """0.871 (0.84 to 0.90); with `bad` in the colour of an alarm."""
    plus = "+" if sign else ""
    return _ranged(*(f"{number:{plus}.{digits}f}" for number, digits in _with_digits(interval, 3, 2)), bad=bad)


def percent(interval: Interval) -> Html:
    """12.3 % (10 to 15)."""
    hundred = Interval(value=100 * interval.value, low=100 * interval.low, high=100 * interval.high)
    value, low, high = (f"{number:.{digits}f}" for number, digits in _with_digits(hundred, 1, 0))
    return _ranged(f"{value} %", low, high)


def document(value: Any) -> Any:
    """`value` for JSON: intervals as objects, numbers to six digits, None for what is not finite."""
    if isinstance(value, Interval):
        return {"value": document(value.value), "low": document(value.low), "high": document(value.high)}
    if isinstance(value, Mapping):
        return {key: document(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [document(item) for item in value]
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    return value


def _with_digits(interval: Interval, value: int, ends: int) -> list[tuple[float, int]]:
    return [(interval.value, value), (interval.low, ends), (interval.high, ends)]


def _ranged(value: str, low: str, high: str, *, bad: bool = False) -> Html:
    if "nan" in value:
        return Html("–")
    shown = marked(value, "bad") if bad else value
    return Html(shown if "nan" in low else f"{shown} <small>({low} to {high})</small>")


def _cells(tag: str, texts: Sequence[str], words: int) -> str:
    contents = [text if isinstance(text, Html) else escape(text) for text in texts]
    kinds = [' class="words"'] * words + [""] * (len(contents) - words)
    return "".join(f"<{tag}{kind}>{content}</{tag}>" for kind, content in zip(kinds, contents, strict=True))
