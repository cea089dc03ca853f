"""What each item of evidence costs beside the score: `python -m bench.evidence --help`."""

import argparse
import contextlib
import io
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import twins
from bench.bare import bare
from bench.cost import Models, cost
from bench.pictures import large, photographs, saved
from bench.serving import machine
from services.retrainer.data.pictures import LIMITS
from shared import scoring
from shared.decoding.decoder import Decoder
from shared.domain.job import Lane
from shared.errors import ConfigurationError, ImageRefused, ModelRefused
from shared.scoring.session import Model

WIDTH = 132
BATCH = 4
"""Pictures that are scored together."""

SEEN_BEFORE = 10_000
"""Hashes among which similar jobs are searched."""


def main(arguments: Sequence[str] | None = None) -> None:
    asked = _arguments(arguments)
    try:
        document = measured(asked)
    except (ModelRefused, ConfigurationError, ImageRefused, OSError) as exc:
        sys.exit(str(exc))
    console = Console() if sys.stdout.isatty() else Console(width=WIDTH)
    for row in document["rows"]:
        console.print(_table(row))
    if document["similar"]:
        console.print(_search(document["similar"]))
    if asked.out:
        asked.out.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def measured(asked: argparse.Namespace) -> dict[str, Any]:
    directory = asked.version or scoring.shipped()[-1]
    with tempfile.TemporaryDirectory(prefix="jinwi-bench-") as folder:
        models = Models(
            whole=_load(directory),
            embedding=_load(bare(directory, Path(folder) / "embedding", keep=("logit", "embedding"))),
            logit=_load(bare(directory, Path(folder) / "logit", keep=("logit",))),
        )
    with Decoder(LIMITS, 60, 2 << 30) as decoder:
        return {
            "machine": machine(),
            "date": datetime.now(UTC).date().isoformat(),
            "model": models.whole.card.version,
            "rows": [
                cost(models, decoder, name, files, Lane(lane), seconds=asked.seconds)
                for name, files in material(asked.files)
                for lane in asked.lane or Lane
            ],
            "similar": None if asked.no_search else similar(),
        }


def material(paths: Sequence[Path]) -> Iterator[tuple[str, list[bytes]]]:
    """The files that were named, else made-up photographs by name, as many of each as are scored together."""
    if paths:
        yield from ((path.name, [path.read_bytes()]) for path in paths)
        return
    files = photographs(BATCH)
    yield "JPEG, 512 px", files
    yield "PNG, 512 px", [saved(file, "PNG") for file in files]
    yield "WebP, 512 px", [saved(file, "WEBP") for file in files]
    yield "JPEG, 12 Mpx", [large()]


def similar() -> dict[str, Any]:
    """Searching one tenant's hashes and keeping one more, as `bench.twins` measures it on a PostgreSQL of its own."""
    with tempfile.TemporaryDirectory(prefix="jinwi-bench-") as folder, contextlib.redirect_stdout(io.StringIO()):
        out = Path(folder) / "twins.json"
        twins.main(["--hashes", str(SEEN_BEFORE), "--tries", "100", "--out", str(out)])
        found: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))[0]
    return found


def _load(directory: Path) -> Model:
    return Model.load(directory, provider="cpu", threads=1)


def _table(row: dict[str, Any]) -> Table:
    title = (
        f"{row['pictures']}, {row['lane']} lane: default evidence costs {row['share_of_evidence']:.1%} of throughput; "
        f"its answer has {row['answer_bytes']['with']:,} bytes, {row['answer_bytes']['without']:,} without it"
    )
    table = Table(title=title)
    for heading in ("item", "ms, processor", "ms, clock", "share"):
        table.add_column(heading, justify="left" if heading == "item" else "right")
    for item, share in row["shares"].items():
        spent = row["milliseconds"][item]
        table.add_row(item, f"{spent['cpu']:.2f}", f"{spent['wall']:.2f}", f"{share:.1%}")
    for item in ("with", "without"):
        spent = row["milliseconds"][item]
        table.add_row(f"{item} default evidence", f"{spent['cpu']:.2f}", f"{spent['wall']:.2f}", "")
    return table


def _search(found: dict[str, Any]) -> str:
    search, insert = found["search_ms"], found["insert_ms"]
    return (
        f"Similar jobs among {found['hashes']:,} hashes: {search['median']:.1f} ms by the clock, "
        f"{search['processor']:.1f} ms of the database's processor, when they are asked for; keeping a hash: "
        f"{insert['median']:.2f} ms of waiting for the database."
    )


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.evidence", description=__doc__)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="images; made-up photographs without any")
    parser.add_argument("--version", type=Path, metavar="DIR", help="a version directory (default: the newest shipped)")
    parser.add_argument("--lane", action="append", choices=[*Lane], help="default: both, one after the other")
    parser.add_argument("--no-search", action="store_true", help="leave out PostgreSQL and the search for similar jobs")
    parser.add_argument("--seconds", type=float, default=10, help="for each table, by the clock (default: 10)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where the JSON goes")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
