"""A small picture of a file as a data URI, for a page that stands alone."""

import base64
import contextlib
import functools
import importlib
import io
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

from jinwi.inputs.find import HEAD_BYTES, media_type

SIDE = 240
"""Longest side of a thumbnail, in px."""

SMALL_BYTES = 64_000
"""A file up to this size may stand for its own thumbnail."""


def data_uri(path: Path) -> str | None:
    """Made with Pillow where it is installed, else the file itself when small, else None."""
    try:
        return _encode("image/jpeg", _shrink(path))
    except ModuleNotFoundError:
        return _whole(path)
    except Exception:  # noqa: BLE001 - Pillow raises anything on a damaged file; a sheet can miss a picture
        return None


def _shrink(path: Path) -> bytes:
    small = io.BytesIO()
    picture(path, SIDE).save(small, "JPEG", quality=80)
    return small.getvalue()


def picture(path: Path, side: int) -> Any:
    """The picture as it was scored, but at most `side` px long: a Pillow image, RGB; raises whatever Pillow raises."""
    data = path.read_bytes()
    with _pillow().open(io.BytesIO(data)) as image:
        # Told before, a JPEG decodes at a fraction of its size.
        image.draft(None, (side, side))
        image.load()
        # Imported here, for it needs Pillow.
        shown = importlib.import_module("shared.imaging.shown").as_shown(image, data)
        shown.thumbnail((side, side))
        return shown


@functools.cache
def _pillow() -> ModuleType:
    """Pillow, quiet about damaged metadata, and refusing pictures of more pixels than it holds safe."""
    image = importlib.import_module("PIL.Image")
    warnings.filterwarnings("ignore", module=r"PIL\.")
    warnings.simplefilter("error", image.DecompressionBombWarning)
    with contextlib.suppress(ModuleNotFoundError):
        importlib.import_module("pillow_heif").register_heif_opener()
    return image


def _whole(path: Path) -> str | None:
    with path.open("rb") as file:
        data = file.read(SMALL_BYTES + 1)
    kind = media_type(data[:HEAD_BYTES])
    return _encode(kind, data) if kind and len(data) <= SMALL_BYTES else None


def _encode(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}"
