"""What was judged, as a page that stands alone and as JSON with the same figures."""

import json
from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from services.retrainer.evaluation import chapters, summary
from services.retrainer.evaluation.judgement import Judgement
from services.retrainer.pages.section import Section

HTML, JSON = "report.html", "report.json"


def document(
    detector: str, dataset: str, judgements: Sequence[Judgement], sections: Iterable[Section] = ()
) -> dict[str, Any]:
    """For JSON; `judgements` are of the views, the primary one first."""
    return {
        "detector": detector,
        "data": dataset,
        "views": {judgement.view: judgement.document() for judgement in judgements},
        "sections": {section.title: dict(section.data) for section in sections},
    }


def page(detector: str, dataset: str, judgements: Sequence[Judgement], sections: Sequence[Section] = ()) -> str:
    """HTML with its plots inside; it asks nothing of a network and runs no script."""
    parts = [*chapters.chapters(judgements), *((section.title, section.html) for section in sections)]
    template = Template(files(__package__).joinpath("report.html").read_text(encoding="utf-8"))
    return template.substitute(
        title=escape(f"{detector} on {dataset}"),
        lead=escape(summary.lead(judgements[0])),
        body=chapters.opening(judgements) + _contents(parts) + "\n".join(_chapter(*part) for part in parts),
    )


def write(
    folder: Path, detector: str, dataset: str, judgements: Sequence[Judgement], sections: Iterable[Section] = ()
) -> Path:
    """Page, JSON and the files of the sections into `folder`, which is made; gives the page's path."""
    held = list(sections)
    folder.mkdir(parents=True, exist_ok=True)
    figures = document(detector, dataset, judgements, held)
    (folder / JSON).write_text(
        json.dumps(figures, ensure_ascii=False, indent=2, allow_nan=False) + "\n", encoding="utf-8"
    )
    for section in held:
        for name, content in section.files.items():
            (folder / name).write_bytes(content)
    target = folder / HTML
    target.write_text(page(detector, dataset, judgements, held), encoding="utf-8")
    return target


def _contents(parts: Iterable[tuple[str, str]]) -> str:
    return "<nav>" + "".join(f'<a href="#{_anchor(title)}">{escape(title)}</a>' for title, _ in parts) + "</nav>\n"


def _chapter(title: str, html: str) -> str:
    return f'<section id="{_anchor(title)}"><h2>{escape(title)}</h2>\n{html}</section>'


def _anchor(title: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in title.lower())
