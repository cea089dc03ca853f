"""What a container carries beside its picture: raw blocks of metadata, and whether a manifest is among them."""

from collections.abc import Callable, Mapping

from shared.imaging.formats import Format
from shared.provenance import gif, isobmff, jpeg, png, webp
from shared.provenance.blocks import Blocks, Full

_WALKS: Mapping[Format, Callable[[memoryview, Blocks], None]] = {
    Format.JPEG: jpeg.walk,
    Format.PNG: png.walk,
    Format.WEBP: webp.walk,
    Format.GIF: gif.walk,
    Format.AVIF: isobmff.walk,
    Format.HEIC: isobmff.walk,
}


def carried(data: bytes | bytearray, image_format: Format) -> Blocks:
    """Walk the container from its start to its end; what follows the end is no part of the picture."""
    blocks = Blocks()
    with memoryview(data) as view:
        try:
            _WALKS[image_format](view, blocks)
        except Full:
            blocks.complete = False
    return blocks
