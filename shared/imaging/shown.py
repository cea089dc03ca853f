"""Decoded pixels → the picture that people see: as Chromium draws it, upright RGB.

What a browser follows in a file and a decoder passes over shows the model another picture than it shows people.
"""

import io
import struct
from hashlib import sha256
from threading import Lock
from typing import NamedTuple

from PIL import ExifTags, Image, ImageChops, ImageCms

from shared.imaging import nclx, png_colours

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

# What profile of ICC.1 is for what pixels: that of another space is passed over, but for colour in a grey picture.
MODES = {b"GRAY": "L", b"RGB ": "RGB", b"CMYK": "CMYK"}
FITTING = {"L": ("L", "RGB"), "LA": ("L", "RGB"), "RGB": ("RGB",), "RGBA": ("RGB",), "CMYK": ("CMYK",)}

# All that a browser reads of a profile to turn pixels into colours.
READ_TAGS = frozenset({b"A2B0", b"A2B1", b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC", b"kTRC"})

# The writings of sRGB differ by rounding; below it a conversion would add noise and time for nothing.
SAME_LEVELS = 2

KEPT_TRANSFORMS = 16


class _Transform(NamedTuple):
    """From a profile's space to sRGB; `changes` is False where that is sRGB too."""

    colours: ImageCms.ImageCmsTransform
    changes: bool


_transforms: dict[bytes, _Transform | None] = {}
_one_at_a_time = Lock()  # training decodes in threads


def as_shown(image: Image.Image, data: bytes | bytearray) -> Image.Image:
    """RGB in sRGB, upright, on white where it is transparent.

    `image` is loaded, of any mode a file comes in, and `data` its file.
    """
    samples = _samples(image)
    rgb = _in_srgb(samples, _profiles(image, data))
    if samples.mode in {"LA", "RGBA"}:
        rgb = _on_white(rgb, samples.getchannel("A"))
    upright = UPRIGHT.get(_orientation(image))
    return rgb if upright is None else rgb.transpose(upright)


def _samples(image: Image.Image) -> Image.Image:
    """The picture in one of the modes that FITTING knows."""
    if image.mode == "CMYK":
        return image
    if image.mode.startswith("I"):
        return _from_16_bit_grey(image)
    colours = "L" if image.mode in {"1", "L", "LA"} else "RGB"
    return _in_mode(image, f"{colours}A" if image.has_transparency_data else colours)


def _from_16_bit_grey(image: Image.Image) -> Image.Image:
    """0 … 65535 → 0 … 255, rounded (255 × 257 = 65535); Pillow's own conversion clips at 255."""
    return image.point(lambda value: value * (1 / 257) + 0.5).convert("L")


def _in_mode(image: Image.Image, mode: str) -> Image.Image:
    return image if image.mode == mode else image.convert(mode)


def _on_white(rgb: Image.Image, alpha: Image.Image) -> Image.Image:
    white = Image.new("RGB", rgb.size, "white")
    white.paste(rgb, mask=alpha)
    return white


def _profiles(image: Image.Image, data: bytes | bytearray) -> list[bytes]:
    """ICC profiles, of which the first that can be read is meant."""
    if image.format == "PNG":
        return png_colours.profiles(data)
    if embedded := image.info.get("icc_profile"):
        return [embedded]
    return nclx.profiles(data) if image.format in {"AVIF", "HEIF"} else []


def _in_srgb(samples: Image.Image, profiles: list[bytes]) -> Image.Image:
    """Through the profile; plainly, and without alpha, where there is none, or none that fits or changes anything."""
    transform = next(filter(None, map(_transform, profiles)), None)
    if transform is None or not transform.changes or transform.colours.input_mode not in FITTING[samples.mode]:
        return _in_mode(samples, "RGB")
    return transform.colours.apply(_in_mode(samples, transform.colours.input_mode))


def _transform(profile: bytes) -> _Transform | None:
    """Built once; None where it cannot be built."""
    key = sha256(profile).digest()
    with _one_at_a_time:
        if key not in _transforms:
            if len(_transforms) == KEPT_TRANSFORMS:
                del _transforms[next(iter(_transforms))]
            _transforms[key] = _build(profile)
        return _transforms[key]


def _build(profile: bytes) -> _Transform | None:
    mode = MODES.get(profile[16:20])
    if mode is None:
        return None
    try:
        opened = ImageCms.getOpenProfile(io.BytesIO(_as_browsers_read(profile)))
        tables = {intent for intent, (forward, _, _) in (opened.profile.clut or {}).items() if forward}
        # The first table that is there, as browsers choose, whatever intent the profile asks for.
        perceptual = not tables or ImageCms.Intent.PERCEPTUAL in tables
        intent = ImageCms.Intent.PERCEPTUAL if perceptual else ImageCms.Intent.RELATIVE_COLORIMETRIC
        colours = ImageCms.buildTransform(opened, _srgb(), mode, "RGB", renderingIntent=intent)
    except ImageCms.PyCMSError:
        return None
    return _Transform(colours, changes=bool(tables) or not _changes_nothing(colours))


def _as_browsers_read(profile: bytes) -> bytes:
    """A profile without what Little CMS follows and browsers do not: float tables, its class, tags told twice."""
    end = min(132 + 12 * int.from_bytes(profile[128:132]), len(profile))
    tags: dict[bytes, bytes] = {}
    for at in range(132, end, 12):
        tag = profile[at : at + 12]
        if tag[:4] in READ_TAGS:
            tags.setdefault(tag[:4], tag)
    # What tags point to stays where it is.
    table = b"".join(tags.values()).ljust(end - 132, b"\0")
    return b"".join((profile[:12], b"mntr", profile[16:128], len(tags).to_bytes(4), table, profile[end:]))


def _srgb() -> ImageCms.ImageCmsProfile:
    """As of ICC version 2: towards version 4, Little CMS compensates for black points, which browsers do not."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    profile[8] = 2
    return ImageCms.ImageCmsProfile(io.BytesIO(profile))


def _changes_nothing(transform: ImageCms.ImageCmsTransform) -> bool:
    """Whether it is sRGB: where there is no table, ramps of grey and of each primary settle curves and matrix."""
    ramp = Image.linear_gradient("L").crop((0, 0, 1, 256))
    black = Image.new("L", ramp.size)
    ramps = [ramp]
    if transform.input_mode == "RGB":
        primaries = ((ramp, black, black), (black, ramp, black), (black, black, ramp))
        ramps = [Image.merge("RGB", bands) for bands in ((ramp, ramp, ramp), *primaries)]
    changes = [ImageChops.difference(transform.apply(each), each.convert("RGB")) for each in ramps]
    return all(max(each.tobytes()) <= SAME_LEVELS for each in changes)


def _orientation(image: Image.Image) -> int:
    """As browsers take it: from EXIF in JPEG and PNG, from the container in AVIF and HEIC; never from XMP."""
    exif = image.info.get("exif", b"")
    if image.format in {"JPEG", "MPO", "PNG"}:
        return _exif_orientation(exif)
    if image.format == "AVIF":
        # Pillow writes the container's orientation there; pillow-heif turns the picture itself.
        rewritten = Image.Exif()
        rewritten.load(exif)
        return int(rewritten.get(ExifTags.Base.Orientation, 1))
    return 1


def _exif_orientation(exif: bytes) -> int:
    """1, upright, where the block is damaged, or tells it in another type or number than EXIF knows."""
    tiff = exif.removeprefix(b"Exif\0\0")
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(f"{order}I", tiff, 4)
        (entries,) = struct.unpack_from(f"{order}H", tiff, start)
        for at in range(start + 2, start + 2 + 12 * entries, 12):
            tag, kind, count, value = struct.unpack_from(f"{order}HHIH", tiff, at)
            if (tag, kind, count) == (ExifTags.Base.Orientation, 3, 1):
                return int(value)
    except struct.error:
        pass
    return 1
