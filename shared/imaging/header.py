"""Format and sides of an image file, read without decoding a pixel.

The API uses it on files that nobody has checked yet, in its own process: no Pillow, no numpy, bounded reads.
"""

import io
from dataclasses import dataclass
from typing import BinaryIO

import imagesize

from shared.imaging.formats import HEAD_BYTES, Format, identify
from shared.imaging.limits import Limits

# A phone's JPEG needs some hundred reads of a few bytes, a tiled HEIC some thousand bytes.
MAX_READS = 10_000
MAX_READ_BYTES = 64 << 10


@dataclass(frozen=True, kw_only=True, slots=True)
class Header:
    """Sides in px as stored, before orientation and cropping; None where the header does not tell them."""

    format: Format
    width: int | None
    height: int | None


class _BoundedReader:
    """Stops a parser that hostile bytes send round and round: each read is counted."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._reads = MAX_READS
        self._bytes = MAX_READ_BYTES

    def read(self, size: int = -1) -> bytes:
        self._reads -= 1
        if self._reads < 0 or not 0 <= size <= self._bytes:
            raise OSError("the header of an image file lies within its first few reads")
        self._bytes -= size
        return self._file.read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)


def read_header(file: BinaryIO) -> Header:
    """Read a seekable `file` from its start and leave it there; raises ImageRefused(unsupported_format).

    Sides that cannot be read are None and no reason to refuse: the decoder will say what is wrong.
    """
    file.seek(0)
    image_format = identify(file.read(HEAD_BYTES))
    # exif_rotation=False keeps imagesize away from EXIF and `iloc`, whose extents a few bytes can multiply.
    width, height = imagesize.get(_BoundedReader(file), exif_rotation=False)
    file.seek(0)
    if width <= 0 or height <= 0:
        return Header(format=image_format, width=None, height=None)
    return Header(format=image_format, width=width, height=height)


def check_header(header: Header, max_pixels: int, max_side: int) -> None:
    """Raise ImageRefused(too_many_pixels) when the sides are known and too large."""
    if header.width is not None and header.height is not None:
        Limits(max_pixels=max_pixels, max_side=max_side).check(header.width, header.height)
