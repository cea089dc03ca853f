"""Sound files of every format and mode that is accepted: small, made here, none kept."""

import functools
import io
import struct
import zlib
from collections.abc import Iterator, Mapping

import numpy as np
from PIL import Image, ImageFilter, PngImagePlugin

from shared.imaging.formats import Format
from tests.unit.shared.imaging.pictures import (
    DISPLAY_P3_PRIMARIES,
    chunk,
    cmyk_profile,
    encode,
    encode_as,
    png,
    quadrants,
    rgb_profile,
)

# Pass by pass: first column and row, step right and down (PNG specification, section 8.2).
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))

XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta>'


def picture(width: int = 48, height: int = 32) -> Image.Image:
    """Edges and slopes, so that every kind of block and filter occurs."""
    image = quadrants(width, height)
    image.paste(image.filter(ImageFilter.GaussianBlur(3)).crop((0, 0, width // 2, height)), (width // 3, 0))
    return image


def exif(orientation: int = 1) -> bytes:
    made = Image.Exif()
    made[0x0112] = orientation
    made[0x010F] = "Maker"
    made.get_ifd(0x8769)[0x9003] = "2026:11:21 10:00:00"
    return made.tobytes()


@functools.cache
def seeds() -> Mapping[str, tuple[Format, bytes]]:
    """By name, as `jpeg progressive`: the format and the file."""
    makers = {
        Format.JPEG: _jpegs,
        Format.PNG: _pngs,
        Format.WEBP: _webps,
        Format.GIF: _gifs,
        Format.AVIF: _avifs,
        Format.HEIC: _heics,
    }
    return {f"{form} {name}": (form, data) for form, made in makers.items() for name, data in made()}


def seeds_of(image_format: Format) -> list[bytes]:
    return [data for form, data in seeds().values() if form is image_format]


def _jpegs() -> Iterator[tuple[str, bytes]]:
    image = picture()
    yield "baseline", encode(image, "JPEG", quality=90)
    yield "progressive", encode(image, "JPEG", quality=90, progressive=True)
    yield "optimised", encode(image, "JPEG", optimize=True, quality=30)
    for subsampling in (0, 1):
        yield f"subsampling {subsampling}", encode(image, "JPEG", subsampling=subsampling)
    yield "restarts", encode(image, "JPEG", restart_marker_rows=1)
    yield "comment and XMP", encode(image, "JPEG", comment=b"a comment", xmp=XMP)
    yield "grey", encode(image.convert("L"), "JPEG")
    yield "grey progressive", encode(image.convert("L"), "JPEG", progressive=True)
    cmyk = encode(image.convert("CMYK"), "JPEG")
    yield "CMYK", cmyk
    yield "CMYK with a profile", encode(image.convert("CMYK"), "JPEG", icc_profile=cmyk_profile())
    yield "YCCK", _with_adobe_transform(cmyk, 2)
    for orientation in range(1, 9):
        yield f"orientation {orientation}", encode(image, "JPEG", exif=exif(orientation))
    yield "multi-picture", encode(image, "MPO", save_all=True, append_images=[image.rotate(180)])


def _with_adobe_transform(data: bytes, transform: int) -> bytes:
    """The last byte of APP14 says how four components are meant: 0 CMYK, 2 YCCK (Adobe TN 5116)."""
    at = data.index(b"Adobe") + 11
    return data[:at] + bytes((transform,)) + data[at + 1 :]


def _pngs() -> Iterator[tuple[str, bytes]]:
    image = picture()
    yield "colour", encode(image, "PNG")
    yield "colour with alpha", encode(_with_alpha(image), "PNG")
    yield "grey with alpha", encode(_with_alpha(image).convert("LA"), "PNG")
    for depth in (1, 2, 4, 8, 16):
        yield f"grey of {depth} bits", _png_of_noise(depth=depth, colour=0, channels=1)
    for depth in (1, 2, 4, 8):
        palette = chunk(b"PLTE", bytes(range(3 << depth)) if depth < 7 else bytes(range(256)) * 3)
        yield f"palette of {depth} bits", _png_of_noise(depth=depth, colour=3, channels=1, extra=palette)
    yield "colour of 16 bits", _png_of_noise(depth=16, colour=2, channels=3)
    yield "colour of 16 bits with alpha", _png_of_noise(depth=16, colour=6, channels=4)
    yield "transparent palette", encode(image.quantize(16), "PNG", transparency=bytes(range(0, 256, 16)))
    yield "transparent colour", _png_of_noise(depth=8, colour=2, channels=3, extra=chunk(b"tRNS", b"\0\1\0\2\0\3"))
    yield "interlaced", _interlaced(image)
    yield "animated", encode(image, "PNG", save_all=True, append_images=[image.rotate(180)], duration=40)
    yield "text", encode(image, "PNG", pnginfo=_texts(), exif=exif(6))
    yield "profile", encode(image, "PNG", icc_profile=rgb_profile(DISPLAY_P3_PRIMARIES), dpi=(72, 72))


def _with_alpha(image: Image.Image) -> Image.Image:
    image = image.convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    return image


def _png_of_noise(*, depth: int, colour: int, channels: int, extra: bytes = b"") -> bytes:
    row_bytes = (24 * channels * depth + 7) // 8
    rows = [np.random.default_rng(row).bytes(row_bytes) for row in range(16)]
    return png(24, 16, depth=depth, colour=colour, rows=rows, extra=extra)


def _interlaced(image: Image.Image) -> bytes:
    """Adam7, which Pillow reads and does not write."""
    pixels = np.asarray(image)
    passes = (pixels[top::down, left::right] for left, top, right, down in ADAM7)
    raw = b"".join(b"\0" + row.tobytes() for part in passes if part.size for row in part)
    header = struct.pack(">IIBBBBB", image.width, image.height, 8, 2, 0, 0, 1)
    parts = (chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(raw)), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _texts() -> PngImagePlugin.PngInfo:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("parameters", "a photograph of a cat")
    texts.add_text("prompt", "{}" * 100, zip=True)
    texts.add_itxt("XML:com.adobe.xmp", XMP.decode(), lang="en", tkey="xmp", zip=True)
    return texts


def _webps() -> Iterator[tuple[str, bytes]]:
    image = picture()
    yield "lossy", encode(image, "WEBP", quality=60)
    yield "lossless", encode(image, "WEBP", lossless=True)
    yield "lossy with alpha", encode(_with_alpha(image), "WEBP", quality=60)
    yield "lossless with alpha", encode(_with_alpha(image), "WEBP", lossless=True, exact=True)
    yield "metadata", encode(image, "WEBP", exif=exif(8), xmp=XMP, icc_profile=rgb_profile(DISPLAY_P3_PRIMARIES))
    frames = [image.rotate(90), image.rotate(180)]
    yield "animated", encode(image, "WEBP", save_all=True, append_images=frames, duration=40)
    alpha = [_with_alpha(frame) for frame in frames]
    yield "animated with alpha", encode(alpha[0], "WEBP", save_all=True, append_images=alpha, lossless=True)


def _gifs() -> Iterator[tuple[str, bytes]]:
    image = picture()
    yield "plain", encode(image, "GIF", interlace=0)
    yield "interlaced", encode(image, "GIF", interlace=1)
    yield "version 87a", b"GIF87a" + encode(image, "GIF")[6:]
    yield "grey", encode(image.convert("L"), "GIF")
    yield "black and white", encode(image.convert("1"), "GIF")
    yield "transparent", encode(image.quantize(8), "GIF", transparency=2, comment=b"a comment")
    frames = [image.rotate(angle) for angle in (90, 180)]
    for disposal in (1, 2, 3):
        yield (
            f"animated, disposal {disposal}",
            encode(image, "GIF", save_all=True, append_images=frames, disposal=disposal, duration=40, loop=0),
        )


def _avifs() -> Iterator[tuple[str, bytes]]:
    image = picture()
    yield "plain", encode_as(Format.AVIF, image)
    yield "4:2:0", encode_as(Format.AVIF, image, subsampling="4:2:0", quality=40)
    yield "grey", encode_as(Format.AVIF, image.convert("L"), subsampling="4:0:0")
    yield "alpha", encode_as(Format.AVIF, _with_alpha(image))
    yield (
        "metadata",
        encode_as(Format.AVIF, image, exif=exif(6), xmp=XMP, icc_profile=rgb_profile(DISPLAY_P3_PRIMARIES)),
    )
    frames = [image.rotate(angle) for angle in (90, 180)]
    yield "animated", encode_as(Format.AVIF, image, save_all=True, append_images=frames, duration=40)


def _heics() -> Iterator[tuple[str, bytes]]:
    image = picture()
    yield "plain", encode_as(Format.HEIC, image)
    yield "4:2:0", encode_as(Format.HEIC, image, chroma=420, quality=40)
    yield "grey", encode_as(Format.HEIC, image.convert("L"))
    yield "alpha", encode_as(Format.HEIC, _with_alpha(image))
    yield "metadata", encode_as(Format.HEIC, image, exif=exif(6), xmp=XMP)
    yield "several", encode_as(Format.HEIC, image, save_all=True, append_images=[image.rotate(180)])
    deep = Image.fromarray(np.arange(48 * 32, dtype=np.uint16).reshape(32, 48) * 40)
    file = io.BytesIO()
    deep.save(file, "HEIF", quality=95)
    yield "grey of 16 bits", file.getvalue()
