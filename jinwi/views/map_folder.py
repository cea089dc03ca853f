"""A folder of pictures with their maps of evidence laid over them, for `jinwi verify --map`."""

import importlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jinwi.client import Client
from jinwi.errors import ApiError
from jinwi.inputs.verify import Ended
from jinwi.terminal import Terminal
from jinwi.views.thumbnail import picture

SIDE = 2048
"""Longest side in px of what is written."""

NAME_BYTES = 200
"""Of the input's own name; most file systems take 255 with all that is added."""


class MapFolder:
    """Writes 0001-NAME.jpg for each input whose model drew a map.

    Where the picture is not here (a link), or Pillow is not or cannot read it, it is the map alone: 0001-NAME.png.
    """

    def __init__(self, folder: Path, client: Client) -> None:
        self.folder = folder
        self.written = 0
        self._client = client

    def add(self, ended: Ended) -> None:
        if ended.job is None or ended.job.result is None or ended.job.result.map is None:
            return
        try:
            png = self._client.map_png(ended.job)
        except ApiError:
            return  # erased meanwhile, as a resumed run may find it
        laid = laid_over(ended.input.path, png) if ended.input.path else None
        name = f"{ended.input.number + 1:04d}-{_shortened(Path(ended.input.name).stem)}"
        (self.folder / f"{name}.{'jpg' if laid else 'png'}").write_bytes(laid or png)
        self.written += 1


def _shortened(name: str) -> str:
    """Cut between characters."""
    return name.encode("utf-8", "surrogateescape")[:NAME_BYTES].decode("utf-8", "ignore")


@contextmanager
def map_folder(folder: Path, client: Client, terminal: Terminal) -> Iterator[MapFolder]:
    """The folder, made if absent; how many were written is said at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    maps = MapFolder(folder, client)
    try:
        yield maps
    finally:
        terminal.note(terminal.language.maps.format(count=maps.written, folder=folder))


def laid_over(path: Path, png: bytes) -> bytes | None:
    """A JPEG of the picture under its map; None where Pillow is not installed or cannot read the picture."""
    try:
        below = picture(path, SIDE).convert("RGBA")
        with importlib.import_module("PIL.Image").open(io.BytesIO(png)) as image:
            below.alpha_composite(image.convert("RGBA").resize(below.size))
        file = io.BytesIO()
        below.convert("RGB").save(file, "JPEG", quality=90)
    except Exception:  # noqa: BLE001 - Pillow raises anything on a damaged file; the map alone is worth keeping
        return None
    return file.getvalue()
