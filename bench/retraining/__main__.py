"""`python -m bench.retraining gate|poisoning|bias`: prints a table, writes it as JSON and Markdown.

Without --data the pictures are made up: vectors that a test needs, and no evidence.
"""

import argparse
import importlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.retraining import pool

PROOFS = ("gate", "poisoning", "bias")


def main(arguments: Sequence[str] | None = None) -> None:
    asked = _arguments(arguments)
    proof = importlib.import_module(f"bench.retraining.{asked.proof}")
    pictures = pool.cifake(asked.data, asked.out / "cifake.npz") if asked.data else pool.made_up()
    rows = list(proof.measure(pictures, **(proof.QUICK if asked.quick else {})))
    asked.out.mkdir(parents=True, exist_ok=True)
    document = {"proof": asked.proof, "data": "CIFAKE" if asked.data else "made up", "quick": asked.quick, "rows": rows}
    (asked.out / f"{asked.proof}.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    (asked.out / f"{asked.proof}.md").write_text(_markdown(proof.HEADS, rows), encoding="utf-8")
    if hasattr(proof, "draw"):
        proof.draw(rows, asked.out / f"{asked.proof}.svg")
    Console(width=160).print(_table(asked.proof, proof.HEADS, rows))


def _table(title: str, heads: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(*heads, title=title)
    for row in rows:
        table.add_row(*(_cell(row[head]) for head in heads))
    return table


def _markdown(heads: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> str:
    cells = [heads, ["---"] * len(heads), *([_cell(row[head]) for head in heads] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in cells)


def _cell(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {count}" for name, count in value.items()) or "–"
    if isinstance(value, list):
        return " / ".join(map(_cell, value))
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.retraining", description=__doc__)
    parser.add_argument("proof", choices=PROOFS)
    parser.add_argument("--data", type=Path, metavar="CIFAKE", help="its folder or archive; made-up vectors without it")
    parser.add_argument("--quick", action="store_true", help="a few seeds of small sets: seconds")
    parser.add_argument(
        "--out", type=Path, default=Path("runs/retraining"), metavar="DIR", help="for JSON, Markdown and plots"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
