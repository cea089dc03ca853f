"""A page that stands alone: every image small, with both probabilities and the verdict."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path
from shutil import copyfileobj
from typing import TextIO

from jinwi.inputs.verify import Ended, Tally
from jinwi.results.models import Model
from jinwi.terminal import printable
from jinwi.texts.language import Language
from jinwi.views.report import Words, expectation, summary
from jinwi.views.thumbnail import data_uri

STYLE = """
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 82rem; padding: 1.5rem; }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 1rem; }
figure { margin: 0; padding: .75rem; border: 1px solid #8886; border-radius: .5rem; }
.picture { display: grid; place-items: center; height: 15rem; background: #8881; }
.picture img { max-width: 100%; max-height: 15rem; background: white; }
.name { overflow-wrap: anywhere; font-size: .85rem; opacity: .8; }
.bar { height: .5rem; margin: .5rem 0; background: #7ba7d9; }
.bar span { display: block; height: 100%; background: #d6a445; }
dl { display: grid; grid-template-columns: 1fr auto; margin: 0; }
dd { margin: 0; text-align: right; font-variant-numeric: tabular-nums; }
.verdict { font-weight: 600; margin: .4rem 0 0; }
.kind, .why { font-size: .85rem; margin: .2rem 0 0; }
.kind { opacity: .8; }
"""

PAGE = """<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<h1>{title}</h1>
<p>{summary}</p>
<p>{expectation}</p>
<p><strong>{advisory}</strong></p>
<main>
"""

END = "</main>\n</body>\n</html>\n"

FIGURE = """<figure class="{state}">
<div class="picture">{picture}</div>
<figcaption>
<p class="name">{name}</p>
{probabilities}<p class="verdict">{verdict}</p>
<p class="kind">{kind}</p>
<p class="why">{why}</p>
</figcaption>
</figure>
"""

PROBABILITIES = """<div class="bar"><span style="width: {share:.1f}%"></span></div>
<dl><dt>{ai_probability}</dt><dd>{ai}</dd><dt>{human_probability}</dt><dd>{human}</dd></dl>
"""


class ContactSheet:
    """Writes a figure as each input ends, so that 100,000 of them take no memory."""

    def __init__(self, figures: TextIO, language: Language) -> None:
        self._figures = figures
        self._language = language

    def add(self, ended: Ended) -> None:
        self._figures.write(_figure(ended, self._language))


@contextmanager
def contact_sheet(path: Path, tally: Tally, model: Model | None, language: Language) -> Iterator[ContactSheet]:
    """The figures wait in a temporary file for the counts that stand above them."""
    with (
        path.open("w", encoding="utf-8") as page,
        tempfile.TemporaryFile("w+", encoding="utf-8", dir=path.parent) as figures,
    ):
        try:
            yield ContactSheet(figures, language)
        finally:
            page.write(_heading(tally, model, language))
            figures.seek(0)
            copyfileobj(figures, page)
            page.write(END)


def _heading(tally: Tally, model: Model | None, language: Language) -> str:
    return PAGE.format(
        lang=language.code,
        title=escape(language.sheet_title),
        style=STYLE,
        summary=escape(summary(tally, language)),
        expectation=escape(expectation(tally, model, language)),
        advisory=escape(language.advisory),
    )


def _figure(ended: Ended, language: Language) -> str:
    words = Words.of(ended, language)
    result = ended.job.result if ended.job else None
    probabilities = ""
    if result:
        probabilities = PROBABILITIES.format(
            share=100 * result.ai_probability,
            ai_probability=escape(language.ai_probability),
            ai=escape(words.ai),
            human_probability=escape(language.human_probability),
            human=escape(words.human),
        )
    return FIGURE.format(
        state=escape(result.verdict if result else "failed"),
        picture=_picture(ended, language),
        name=escape(printable(ended.input.name)),
        probabilities=probabilities,
        verdict=escape(printable(words.verdict)),
        kind=escape(words.kind),
        why=escape(printable(words.why)),
    )


def _picture(ended: Ended, language: Language) -> str:
    if ended.input.path is None:
        return escape(language.no_preview)
    uri = data_uri(ended.input.path)
    return f'<img src="{uri}" alt="" loading="lazy">' if uri else ""
