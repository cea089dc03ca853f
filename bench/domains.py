"""`python -m bench.domains`: how often a shipped version is right about the kind of a picture, drawn from its card."""

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from shared import scoring

DRAWN = {
    "matched, interactive, owners left out": "matched crops, owners left out",
    "whole, interactive, unseen owners": "whole pictures, owners never seen",
}
"""Of the sets that the card tells of, with what stands above each."""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.domains", description=__doc__)
    parser.add_argument("--version", default=scoring.shipped()[-1].name, help="a shipped one (default: the newest)")
    parser.add_argument("--out", type=Path, default=Path("docs/images/domains.svg"), help="the drawing")
    asked = parser.parse_args(arguments)
    card = json.loads((scoring.SHIPPED / asked.version / "card.json").read_text(encoding="utf-8"))
    draw(card["domains"]["measured"], asked.out)


def draw(measured: Mapping[str, Any], path: Path) -> None:
    """Confusion matrices side by side: shares of each row, and counts."""
    figure = Figure(figsize=(11, 4.6), layout="constrained")
    for axes, (name, title) in zip(figure.subplots(1, len(DRAWN)), DRAWN.items(), strict=True):
        _matrix(axes, measured[name], f"{title} ({measured[name]['pictures']:,} of {measured[name]['owners']} owners)")
    with rc_context({"svg.hashsalt": path.stem, "svg.fonttype": "none"}):  # the same card, the same file
        figure.savefig(path, metadata={"Date": None})


def _matrix(axes: Axes, found: Mapping[str, Any], title: str) -> None:
    counts = np.array(found["counts"])
    rows, columns = (np.flatnonzero(counts.any(axis)) for axis in (1, 0))
    shown = counts[np.ix_(rows, columns)]
    axes.imshow(shown / shown.sum(1, keepdims=True), cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for (row, column), count in np.ndenumerate(shown):
        dark = count > 0.6 * shown[row].sum()
        axes.text(column, row, f"{count:,}", ha="center", va="center", color="white" if dark else "black", fontsize=9)
    axes.set_xticks(range(len(columns)), [found["names"][column] for column in columns], rotation=25)
    axes.set_yticks(range(len(rows)), [found["names"][row] for row in rows])
    axes.set_xlabel("taken for")
    axes.set_ylabel("is")
    axes.set_title(title, fontsize=10)


if __name__ == "__main__":
    main()
