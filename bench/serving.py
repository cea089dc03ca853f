"""How many images a second a core scores, from the bytes of a JPEG: `python -m bench.serving --help`."""

import argparse
import json
import platform
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.macs import macs
from bench.pace import STAGES, pace
from bench.pictures import QUALITY, SIDE, photographs
from shared import scoring
from shared.domain.job import Lane
from shared.domain.tiles import plan
from shared.errors import ConfigurationError, ModelRefused
from shared.scoring.session import Model

CPU_INFO = Path("/proc/cpuinfo")
WIDTH = 120


def main(arguments: Sequence[str] | None = None) -> None:
    try:
        _run(_arguments(arguments))
    except (ModelRefused, ConfigurationError) as exc:
        sys.exit(str(exc))


def _run(asked: argparse.Namespace) -> None:
    # A table in a file or a pipe is as wide as it is.
    console = Console() if sys.stdout.isatty() else Console(width=WIDTH)
    files = photographs(asked.images)
    lanes = [Lane(lane) for lane in asked.lane or Lane]
    directories = [asked.version] if asked.version else scoring.shipped()
    document: dict[str, Any] = {
        "machine": machine(),
        "pictures": {"side": SIDE, "quality": QUALITY, "mean_bytes": sum(map(len, files)) // len(files)},
        "versions": [
            version(directory, lane, files, seconds=asked.seconds) for directory in directories for lane in lanes
        ],
        "networks": _networks(asked, files),
    }
    console.print(_versions_table(document["versions"]))
    if document["networks"]:
        console.print(_networks_table(document["networks"]))
    if asked.out:
        asked.out.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
        console.print(f"written to {asked.out}")


def version(directory: Path, lane: Lane, files: Sequence[bytes], *, seconds: float) -> dict[str, Any]:
    """The figures of a version directory in one lane, its multiply-accumulates for all tiles of such a picture."""
    model = Model.load(directory, provider="cpu", threads=1)
    tiles = len(plan(SIDE, SIDE, model.card.input, lane))
    return {
        "version": f"{model.card.name} {model.card.version}",
        "lane": lane.value,
        "tiles": tiles,
        "macs": tiles * macs(directory / "model.onnx"),
        **pace(model, files, lane, seconds=seconds).document(),
    }


def machine() -> dict[str, str]:
    """What the figures were measured on, and with which libraries."""
    lines = CPU_INFO.read_text(encoding="utf-8").splitlines() if CPU_INFO.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    libraries = {name: metadata.version(name) for name in ("numpy", "onnxruntime", "pillow")}
    processor = models[0] if models else platform.processor() or platform.machine()
    return {"processor": processor, "python": platform.python_version(), **libraries}


def _networks(asked: argparse.Namespace, files: Sequence[bytes]) -> list[dict[str, Any]]:
    if asked.no_networks:
        return []
    from bench import networks  # noqa: PLC0415 - torch takes seconds to import
    from services.retrainer.networks import ARCHITECTURES  # noqa: PLC0415

    return list(networks.measured(asked.network or list(ARCHITECTURES), files, seconds=asked.seconds))


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.serving", description=__doc__)
    parser.add_argument("--version", type=Path, metavar="DIR", help="a version directory (default: all shipped ones)")
    parser.add_argument("--lane", action="append", choices=[*Lane], help="default: both, one after the other")
    parser.add_argument("--network", action="append", metavar="NAME", help="default: every architecture")
    parser.add_argument("--no-networks", action="store_true", help="leave out the untrained networks, and torch")
    parser.add_argument("--seconds", type=float, default=5, help="for each figure, by the clock (default: 5)")
    parser.add_argument("--images", type=int, default=64, help="different made-up pictures (default: 64)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where the JSON goes")
    return parser.parse_args(arguments)


def _versions_table(rows: Sequence[dict[str, Any]]) -> Table:
    table = _table(
        f"JPEG of {SIDE} px to score, one thread", "version", "lane", "tiles", "GMAC", "images/s/core", *STAGES
    )
    for row in rows:
        shares = [f"{row['shares'][stage]:.0%}" for stage in STAGES]
        speed = f"{row['images_per_second_per_core']:.1f}"
        table.add_row(row["version"], row["lane"], str(row["tiles"]), _giga(row["macs"]), speed, *shares)
    return table


def _networks_table(rows: Sequence[dict[str, Any]]) -> Table:
    title = "random weights, the whole picture as one tile"
    table = _table(title, "network", "px", "parameters", "MB", "GMAC", "inference/s/core", "images/s/core")
    for row in rows:
        speeds = (row[key] for key in ("inference_images_per_second_per_core", "images_per_second_per_core"))
        size = f"{row['bytes'] / 1e6:.1f}"
        numbers = [str(row["side"]), f"{row['parameters']:,}", size, _giga(row["macs"])]
        table.add_row(row["name"], *numbers, *(f"{speed:.1f}" for speed in speeds))
    return table


def _table(title: str, first: str, *others: str) -> Table:
    table = Table(title=title)
    table.add_column(first)
    for heading in others:
        table.add_column(heading, justify="right")
    return table


def _giga(count: int) -> str:
    return f"{count / 1e9:.3f}"


if __name__ == "__main__":
    main()
