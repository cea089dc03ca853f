"""Our figures beside the published ones, as Markdown and as JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

Cell = str | int | float | None
"""None where there is no figure."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """A head that ends in % tells that its column is in per cent."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """`files` lie beside the report, by name."""

    title: str
    said: str
    tables: Sequence[Table]
    files: Mapping[str, bytes] = field(default_factory=dict)


def write(report: Report, out: Path) -> Path:
    """report.md, which it gives, report.json and the report's files."""
    out.mkdir(parents=True, exist_ok=True)
    for name, content in report.files.items():
        (out / name).write_bytes(content)
    document = {"title": report.title, "said": report.said, "tables": [asdict(table) for table in report.tables]}
    (out / "report.json").write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    page = out / "report.md"
    page.write_text(markdown(report), encoding="utf-8")
    return page


def markdown(report: Report) -> str:
    parts = [f"# {report.title}", report.said, *map(_table, report.tables)]
    if report.files:
        parts.append("Beside this page: " + ", ".join(f"[{name}]({name})" for name in report.files) + ".")
    return "\n\n".join(parts) + "\n"


def _table(table: Table) -> str:
    lines = [_line(table.heads), _line(["---", *["---:"] * (len(table.heads) - 1)])]
    lines += [_line([_shown(cell, head) for cell, head in zip(row, table.heads, strict=True)]) for row in table.rows]
    return "\n\n".join(filter(None, (f"## {table.title}", table.note, "\n".join(lines))))


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _shown(cell: Cell, head: str) -> str:
    if cell is None:
        return "–"
    if isinstance(cell, float):
        return f"{cell:.2f}" if head.endswith("%") else f"{cell:.4f}"
    return f"{cell:,}" if isinstance(cell, int) else cell
