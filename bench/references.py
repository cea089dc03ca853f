"""How long it takes to find the nearest references by embedding: `python -m bench.references --help`.

On a PostgreSQL of its own, by the statements behind `GET /v1/jobs/{job_id}/similar`, exactly and by pgvector's index.
"""

import argparse
import json
import sys
import tempfile
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from bench.twins import WIDTH, milliseconds, processor_seconds, server, tenant, timed
from shared.domain.embedding import BITS, EmbeddingCode, EmbeddingSpace
from shared.domain.fingerprint import BYTES, Fingerprint
from shared.storage import references
from shared.storage.db import Connection

SIZE, LEVELS = 760, 5
THEMES = 50
"""Kinds of pictures: those of one kind lie nearer to one another, as pictures of one owner do."""

NEVER = 1 << 30
"""More references than anybody has: all are compared."""


def main(arguments: Sequence[str] | None = None) -> None:
    asked = _arguments(arguments)
    chance = np.random.default_rng(asked.seed)
    console = Console() if sys.stdout.isatty() else Console(width=WIDTH)
    with tempfile.TemporaryDirectory(prefix="jinwi-bench-") as folder, server(Path(folder)) as connection:
        rows = [measure(connection, size, chance, tries=asked.tries) for size in sorted(asked.references)]
    console.print(_table(rows))
    if asked.out:
        asked.out.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


def measure(connection: Connection, size: int, chance: np.random.Generator, *, tries: int) -> dict[str, Any]:
    """The figures for a tenant of its own with `size` references, searched for pictures like them."""
    owner, space = tenant(connection), EmbeddingSpace(id=b"b" * 32, levels=bytes(4 * SIZE * LEVELS), size=SIZE)
    _, seconds = timed(lambda: _fill(connection, owner, space, size, chance))
    wanted = [EmbeddingCode(space=space.id, code=code) for code in codes(tries, chance)]
    found: dict[str, dict[str, float]] = {}
    nearest: dict[str, list[list[int]]] = {}
    for name, exactly_among in (("exact", NEVER), ("index", 0)):
        before, searches, nearest[name] = processor_seconds(connection), [], []
        for code in wanted:
            started = time.perf_counter()
            nearest[name].append(_search(connection, owner, code, exactly_among))
            searches.append(time.perf_counter() - started)
        processor = round(1000 * (processor_seconds(connection) - before) / tries, 2)
        found[name] = {**milliseconds(searches), "processor": processor}
    pairs = zip(nearest["exact"], nearest["index"], strict=True)
    same = sum(one <= truly[-1] for truly, led in pairs for one in led)
    return {
        "references": size,
        **found,
        "neighbours_found": round(same / sum(len(truly) for truly in nearest["exact"]), 4),
        "keep_ms": round(1000 * seconds / size, 2),
    }


def codes(count: int, chance: np.random.Generator) -> list[bytes]:
    """Of so many pictures, each of one of THEMES."""
    themes = np.random.default_rng(0).normal(0, 1.2, (THEMES, SIZE)).astype(np.float32)
    vectors = themes[chance.integers(0, THEMES, count)] + chance.normal(0, 0.8, (count, SIZE)).astype(np.float32)
    levels = np.linspace(-1.5, 1.5, LEVELS)
    return [_code(vector, levels) for vector in vectors]


def _code(vector: NDArray[np.float32], levels: NDArray[np.float64]) -> bytes:
    passed = np.zeros(BITS, np.bool_)
    passed[: SIZE * LEVELS] = (vector > levels[:, None]).ravel()
    return np.packbits(passed).tobytes()


def _fill(
    connection: Connection, owner: uuid.UUID, space: EmbeddingSpace, size: int, chance: np.random.Generator
) -> None:
    """By the statements that keep references, a thousand at a time, with pgvector's index in place."""
    connection.execute(
        "INSERT INTO embedding_spaces (id, levels, size) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        (space.id, space.levels, space.size),
    )
    for start in range(0, size, 1000):
        held = [
            references.Reference(
                tenant_id=owner,
                index="catalogue",
                sha256=chance.bytes(32),
                name="a.jpg",
                fingerprint=Fingerprint(pdq=chance.bytes(BYTES), quality=90),
                embeddings=[EmbeddingCode(space=space.id, code=code)],
            )
            for code in codes(min(1000, size - start), chance)
        ]
        with connection.transaction(), connection.pipeline():
            references.keep(connection, held)
    connection.execute("VACUUM ANALYZE reference_embeddings, reference_pictures")


def _search(connection: Connection, owner: uuid.UUID, code: EmbeddingCode, exactly_among: int) -> list[int]:
    """Distances of the five nearest, in bits."""
    rows = connection.execute(
        "SELECT distance FROM nearest_references(%s, %s, ('x' || encode(%s::bytea, 'hex'))::bit(4096), 5, %s)",
        (owner, code.space, code.code, exactly_among),
    )
    return [row["distance"] for row in rows]


def _table(rows: Sequence[dict[str, Any]]) -> Table:
    headings = (
        "references",
        "exact, median",
        "p95",
        "processor",
        "index, median",
        "p95",
        "processor",
        "found",
        "keep one",
    )
    table = Table(title="Milliseconds to find the five nearest of a tenant's references by embedding")
    for heading in headings:
        table.add_column(heading, justify="right")
    for row in rows:
        table.add_row(
            f"{row['references']:,}",
            *(f"{row[way][name]:,.1f}" for way in ("exact", "index") for name in ("median", "p95", "processor")),
            f"{100 * row['neighbours_found']:.1f} %",
            f"{row['keep_ms']:.2f}",
        )
    return table


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.references", description=__doc__)
    parser.add_argument("--references", type=int, nargs="+", default=[1000, 10_000, 100_000], metavar="N")
    parser.add_argument("--tries", type=int, default=50, help="searches at each size")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, metavar="FILE", help="where the JSON goes")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
