"""How near other forms of a picture lie by embedding, and other pictures: `python -m bench.nearness DIR`.

DIR holds a folder of pictures for each owner. What is printed stands in docs/how-to/similar.md.
"""

import argparse
import io
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps
from rich.console import Console
from rich.progress import track
from rich.table import Table

from shared import scoring
from shared.domain.embedding import CLOSE, NEAR
from shared.domain.fingerprint import NEAR as NEAR_BY_HASH
from shared.domain.fingerprint import Fingerprint, distance
from shared.domain.job import Lane
from shared.errors import ImageRefused
from shared.imaging.decode import decode
from shared.imaging.limits import Limits
from shared.imaging.pdq import pdq
from shared.imaging.prepare import prepare
from shared.scoring.picture import Picture
from shared.scoring.session import Model
from shared.scoring.space import Space

WIDTH = 120
LIMITS = Limits(max_pixels=50_000_000, max_side=10_000)
LEAST_SIDE = 160
PLAIN = "as it is"

Levels = NDArray[np.int16]


def main(arguments: Sequence[str] | None = None) -> None:
    asked = _arguments(arguments)
    model = Model.load(scoring.shipped()[-1], provider="cpu", threads=1)
    lane = Lane(asked.lane)
    found = _look(model, lane, list(_pictures(asked.folder, asked.most)))
    console = Console() if sys.stdout.isatty() else Console(width=WIDTH)
    console.print(_table(f"Version {model.card.version}, {lane} lane", *found))


def forms(image: Image.Image) -> Iterator[tuple[str, Image.Image]]:
    """A picture in RGB and what it may have become."""
    yield PLAIN, image
    yield "mirrored", ImageOps.mirror(image)
    yield "2.5 % cut from each side", _cut(image, 0.025)
    yield "15 % cut from each side", _cut(image, 0.15)
    yield "JPEG, quality 50", _encoded(image, "JPEG", 50)
    yield "WebP, quality 50", _encoded(image, "WEBP", 50)
    yield "70 % of the size, then JPEG 75", _encoded(_scaled(image, 0.7, Image.Resampling.BICUBIC), "JPEG", 75)
    yield "half the size", _scaled(image, 0.5, Image.Resampling.LANCZOS)


def apart(space: Space, ones: Levels, others: Levels) -> NDArray[np.float64]:
    """Distances [N, M] of rows of levels [N, D] and [M, D], as codes of bits have them."""
    return np.stack([np.abs(others - one).sum(1) for one in ones]) / space.bits


def _pictures(folder: Path, most: int | None) -> Iterator[tuple[str, Image.Image]]:
    """With their owners; at most so many, of all owners."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    for path in paths[:: max(1, -(-len(paths) // most)) if most else 1]:
        try:
            image = decode(path.read_bytes(), LIMITS).image.convert("RGB")
        except ImageRefused:
            continue
        if min(image.size) >= LEAST_SIDE:
            yield path.parent.name, image


def _look(
    model: Model, lane: Lane, pictures: Sequence[tuple[str, Image.Image]]
) -> tuple[Space, NDArray[np.str_], dict[str, Levels], dict[str, list[Fingerprint]]]:
    """Owners, and the levels and hashes of every form."""
    space = model.spaces[lane]
    levels: dict[str, list[Levels]] = {}
    hashes: dict[str, list[Fingerprint]] = {}
    for _, image in track(pictures, console=Console(stderr=True)):
        for name, form in forms(image):
            tiles = prepare(form, model.card.input, lane)
            [vector] = model.embed_pictures([Picture(pixels=tiles, width=form.width, height=form.height, lane=lane)])
            levels.setdefault(name, []).append((vector > space.levels).sum(0).astype(np.int16))
            hashes.setdefault(name, []).append(pdq(form))
    owners = np.array([owner for owner, _ in pictures])
    return space, owners, {name: np.stack(rows) for name, rows in levels.items()}, hashes


def _table(
    title: str,
    space: Space,
    owners: NDArray[np.str_],
    levels: dict[str, Levels],
    hashes: dict[str, list[Fingerprint]],
) -> Table:
    table = Table(title=f"{title}: {len(owners)} pictures of {len(set(owners))} owners")
    for heading in ("the picture again", "median", "95 %", f"to {CLOSE}", f"to {NEAR}", "nearest of all", "by hash"):
        table.add_column(heading, justify="right")
    plain = levels[PLAIN]
    for name in [name for name in levels if name != PLAIN]:
        every = apart(space, levels[name], plain)
        near = [
            distance(one.pdq, other.pdq) <= NEAR_BY_HASH for one, other in zip(hashes[name], hashes[PLAIN], strict=True)
        ]
        first = (every.argmin(1) == np.arange(len(every))).mean()
        table.add_row(name, *_shares(np.diag(every)), f"{first:.0%}", f"{np.mean(near):.0%}")
    pairs = np.triu_indices(len(owners), 1)
    same, between = owners[pairs[0]] == owners[pairs[1]], apart(space, plain, plain)[pairs]
    for name, chosen in (("another picture of the owner", same), ("a picture of another owner", ~same)):
        if chosen.any():
            table.add_row(f"{name} ({chosen.sum():,} pairs)", *_shares(between[chosen]), "", "")
    return table


def _shares(distances: NDArray[np.float64]) -> list[str]:
    within = [f"{np.mean(distances <= limit):.3%}" for limit in (CLOSE, NEAR)]
    return [f"{np.median(distances):.3f}", f"{np.quantile(distances, 0.95):.3f}", *within]


def _cut(image: Image.Image, share: float) -> Image.Image:
    across, down = round(image.width * share), round(image.height * share)
    return image.crop((across, down, image.width - across, image.height - down))


def _scaled(image: Image.Image, share: float, by: Image.Resampling) -> Image.Image:
    return image.resize((max(1, int(image.width * share)), max(1, int(image.height * share))), by)


def _encoded(image: Image.Image, file_format: str, quality: int) -> Image.Image:
    file = io.BytesIO()
    image.save(file, file_format, quality=quality)
    return Image.open(file).convert("RGB")


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.nearness", description=__doc__)
    parser.add_argument("folder", type=Path, metavar="DIR", help="a folder of pictures for each owner")
    parser.add_argument("--lane", choices=[lane.value for lane in Lane], default=Lane.BULK.value)
    parser.add_argument("--most", type=int, metavar="N", help="pictures that are looked at")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
