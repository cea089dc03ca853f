"""Which format a file has, told by its first bytes and never by its name."""

from enum import StrEnum

from shared.errors import ImageRefused


class Format(StrEnum):
    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    GIF = "gif"
    AVIF = "avif"
    HEIC = "heic"


HEAD_BYTES = 256
"""How much of a file `identify` wants to see: a `ftyp` box with many brands fits."""

_AVIF_BRANDS = frozenset({b"avif", b"avis"})
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})
# ISO/IEC 23008-12: they name the container only; the codec stands among the compatible brands.
_CONTAINER_BRANDS = frozenset({b"mif1", b"msf1"})

_FOREIGN = (
    (b"%PDF-", "a PDF document"),
    (b"%!PS", "a PostScript drawing"),
    (b"II*\0", "a TIFF image"),
    (b"MM\0*", "a TIFF image"),
    (b"BM", "a BMP image"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 image"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 image"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL image"),
    (b"\xff\x0a", "a JPEG XL image"),
    (b"8BPS", "a Photoshop document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"<svg", "an SVG drawing"),
    (b"<?xml", "an SVG drawing or another XML document"),
    (b"<!doctype html", "a web page"),
    (b"<html", "a web page"),
)


def identify(head: bytes) -> Format:
    """Name the format of the file that begins with `head`; raises ImageRefused(unsupported_format)."""
    if head.startswith(b"\xff\xd8\xff"):
        return Format.JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return Format.PNG
    if head.startswith((b"GIF87a", b"GIF89a")):
        return Format.GIF
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return Format.WEBP
    if head[4:8] == b"ftyp" and (found := _iso_format(head)):
        return found
    raise ImageRefused("unsupported_format", _describe(head))


def _iso_format(head: bytes) -> Format | None:
    box_bytes = int.from_bytes(head[:4], "big")
    brands = {head[8:12]}
    if head[8:12] in _CONTAINER_BRANDS:
        compatible = head[16:box_bytes]
        brands = {compatible[start : start + 4] for start in range(0, len(compatible), 4)}
    if brands & _AVIF_BRANDS:
        return Format.AVIF
    return Format.HEIC if brands & _HEIC_BRANDS else None


def _describe(head: bytes) -> str:
    if not head:
        return "The file is empty."
    if head[4:8] == b"ftyp":
        return "It looks like a video, or an HEIF image of a rare kind."
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for magic, kind in _FOREIGN:
        if head.startswith(magic) or text.startswith(magic):
            return f"It looks like {kind}."
    return "Its first bytes are those of no image format."
