"""Bytes nobody trusts → checked RGB pixels: the one decoder, for training and serving.

It follows the Pillow handbook ("Security"): an allow-list of formats, sizes checked before pixels are decoded,
bomb warnings as errors. Pillow's caps on text chunks and libheif's security limits stay as they are.
"""

import io
import warnings
from dataclasses import dataclass

# The plugins of the allow-list are registered here: Image.open would import all that Pillow has.
from PIL import AvifImagePlugin, Image, MpoImagePlugin, WebPImagePlugin  # noqa: F401
from pillow_heif import register_heif_opener

from shared.errors import ImageRefused
from shared.imaging.formats import Format
from shared.imaging.header import check_header, read_header
from shared.imaging.limits import Limits
from shared.imaging.scans import check_scans
from shared.imaging.shown import as_shown

PILLOW_FORMATS = {
    Format.JPEG: "JPEG",  # with MPO, which is a JPEG followed by others
    Format.PNG: "PNG",
    Format.WEBP: "WEBP",
    Format.GIF: "GIF",
    Format.AVIF: "AVIF",
    Format.HEIC: "HEIF",
}

# One thread each: processes share the cores, and a thread's stack and arena count as address space.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1
register_heif_opener(decode_threads=1, thumbnails=False, depth_images=False, aux_images=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Decoded:
    """`image` has mode RGB; `width` and `height` in px are its sides, upright."""

    image: Image.Image
    format: Format

    @property
    def width(self) -> int:
        return self.image.width

    @property
    def height(self) -> int:
        return self.image.height


def decode(data: bytes | bytearray, limits: Limits) -> Decoded:
    """Decode the first picture of a file as people see it: upright, in sRGB, on white where it is transparent.

    Raises ImageRefused: unsupported_format, too_many_pixels or undecodable; MemoryError passes through.
    Not for several threads at a time: warnings and Pillow's bomb limit belong to the process.
    """
    header = read_header(io.BytesIO(data))
    # What Pillow tells as sides is what a crop leaves; a codec decodes what is stored.
    check_header(header, limits.max_pixels, limits.max_side)
    Image.MAX_IMAGE_PIXELS = limits.max_pixels
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return Decoded(image=_load(data, header.format, limits), format=header.format)
    except (ImageRefused, MemoryError):
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as exc:
        raise ImageRefused("too_many_pixels", f"It has more than {limits.max_pixels:,} pixels.") from exc
    except Exception as exc:  # on hostile bytes the codecs raise nearly anything
        if "out of memory" in str(exc).lower():
            raise MemoryError(str(exc)) from exc
        raise ImageRefused("undecodable", _complaint(exc, header.format)) from exc


def _load(data: bytes | bytearray, image_format: Format, limits: Limits) -> Image.Image:
    if image_format is Format.JPEG:
        check_scans(data)
    image = Image.open(io.BytesIO(data), formats=[PILLOW_FORMATS[image_format]])
    limits.check(*image.size)
    image.load()
    return as_shown(image, data)


def _complaint(exc: Exception, image_format: Format) -> str:
    if "truncated" in str(exc).lower():
        return f"Its {image_format.upper()} data ends too early."
    return f"Its {image_format.upper()} data contains errors."
