"""HTML that every report of the laboratory is put together from."""

import base64
import io
from collections.abc import Iterable, Sequence
from html import escape

from PIL import Image

STYLE = """<style>
.study { font: 15px/1.5 system-ui, sans-serif; }
.study .scroll { overflow-x: auto; }
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
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>\n'


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


def _cells(tag: str, texts: Sequence[str], words: int) -> str:
    contents = [text if isinstance(text, Html) else escape(text) for text in texts]
    kinds = [' class="words"'] * words + [""] * (len(contents) - words)
    return "".join(f"<{tag}{kind}>{content}</{tag}>" for kind, content in zip(kinds, contents, strict=True))
