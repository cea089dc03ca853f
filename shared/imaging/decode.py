"""Bytes nobody trusts → checked RGB pixels: the one decoder, for training and serving.

It follows the Pillow handbook ("Security"): an allow-list of formats, sizes checked before pixels are decoded,
bomb warnings as errors. Pillow's caps on text chunks and libheif's security limits stay as they are.
"""

import io
import warnings
from dataclasses import dataclass

# The plugins of the allow-list are registered here: Image.open would import all that Pillow has.
from PIL import AvifImagePlugin, ExifTags, Image, ImageCms, MpoImagePlugin, WebPImagePlugin  # noqa: F401
from pillow_heif import register_heif_opener

from shared.errors import ImageRefused
from shared.imaging.formats import Format
from shared.imaging.header import check_header, read_header
from shared.imaging.limits import Limits
from shared.imaging.scans import check_scans

PILLOW_FORMATS = {
    Format.JPEG: "JPEG",  # with MPO, which is a JPEG followed by others
    Format.PNG: "PNG",
    Format.WEBP: "WEBP",
    Format.GIF: "GIF",
    Format.AVIF: "AVIF",
    Format.HEIC: "HEIF",
}

# EXIF 2.32, tag 0x0112: what brings each stored orientation upright.
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
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
    """Decode the first picture of a file, upright, on white where it is transparent.

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
    upright = UPRIGHT.get(_orientation(image))
    rgb = _to_rgb(image)
    return rgb if upright is None else rgb.transpose(upright)


def _orientation(image: Image.Image) -> int:
    """EXIF orientation; 1, upright, where the EXIF block is damaged: the picture may still be whole."""
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - the parser of a damaged block raises nearly anything
        return 1
    return orientation if isinstance(orientation, int) else 1


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode == "RGB" and not image.has_transparency_data:
        return image
    if image.mode == "CMYK":
        return _from_cmyk(image)
    if image.mode.startswith("I"):
        return _from_16_bit_grey(image).convert("RGB")
    if image.has_transparency_data:
        return _on_white(image.convert("RGBA"))
    return image.convert("RGB")


def _from_cmyk(image: Image.Image) -> Image.Image:
    """Through the embedded ICC profile; plainly where there is none, or none that fits."""
    if profile := image.info.get("icc_profile"):
        try:
            converted = ImageCms.profileToProfile(
                image, io.BytesIO(profile), ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
        except ImageCms.PyCMSError:
            converted = None
        if converted is not None:
            return converted
    return image.convert("RGB")


def _from_16_bit_grey(image: Image.Image) -> Image.Image:
    """0 … 65535 → 0 … 255, rounded (255 × 257 = 65535); Pillow's own conversion clips at 255."""
    return image.point(lambda value: value * (1 / 257) + 0.5).convert("L")


def _on_white(rgba: Image.Image) -> Image.Image:
    white = Image.new("RGB", rgba.size, "white")
    white.paste(rgba, mask=rgba)
    return white


def _complaint(exc: Exception, image_format: Format) -> str:
    if "truncated" in str(exc).lower():
        return f"Its {image_format.upper()} data ends too early."
    return f"Its {image_format.upper()} data contains errors."
