"""Files that are two things at once, and files that are something else than their name would say."""

import io
import zipfile
from collections.abc import Iterator

from shared.imaging.formats import Format
from tests.corpus.seeds import picture, seeds
from tests.unit.shared.imaging.pictures import box, chunk, encode

SCRIPT = b"<script>alert(1)</script>"
PAGE = b"<!doctype html><html><body>" + SCRIPT + b"</body></html>"
PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def polyglots() -> Iterator[tuple[str, bytes]]:
    riders = {
        "ZIP": _archive(),
        "HTML": PAGE,
        "PDF": PDF,
        "PHP": b"<?php system($_GET['c']); ?>",
        "ELF": b"\x7fELF" * 99,
    }
    first = {form: next(data for kind, data in seeds().values() if kind is form) for form in Format}
    for form, data in first.items():
        for name, rider in riders.items():
            yield f"{form} with {name} behind it", data + rider
            yield f"{name} with {form} behind it", rider + data
        for other, second in first.items():
            yield f"{form} with {other} behind it", data + second
            yield f"{form} in the body of {other}", second[: len(second) // 2] + data
    yield from _inside(first)
    yield from _foreign()


def _archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("payload.sh", "#!/bin/sh\n")
    return file.getvalue()


def _inside(first: dict[Format, bytes]) -> Iterator[tuple[str, bytes]]:
    """The second nature stands where the first allows free text."""
    jpeg, png, gif, webp = (first[form] for form in (Format.JPEG, Format.PNG, Format.GIF, Format.WEBP))
    for name, rider in (("HTML", PAGE), ("PDF", PDF), ("ZIP", _archive())):
        comment = b"\xff\xfe" + (len(rider) + 2).to_bytes(2, "big") + rider
        yield f"jpeg with {name} as its comment", jpeg[:2] + comment + jpeg[2:]
        yield f"png with {name} as its text", png[:33] + chunk(b"tEXt", b"Comment\0" + rider) + png[33:]
        unknown = b"JUNK" + len(rider).to_bytes(4, "little") + rider + bytes(len(rider) % 2)
        body = webp[8:] + unknown
        yield f"webp with {name} as a chunk", b"RIFF" + len(body).to_bytes(4, "little") + body
        for form in (Format.AVIF, Format.HEIC):
            yield f"{form} with {name} in a free box", first[form] + box(b"free", rider)
    # As sides of the screen, 0x2F 0x2A is "/*": the sides open a comment that the end of the file closes.
    yield "gif that is a script", b"GIF89a/*" + gif[8:] + b"*/=1;alert(1);"
    yield "gif with a script behind it", gif + b"=1;alert(1)"
    yield "jpeg that is a script", jpeg[:2] + b"\xff\xe0\x2f\x2a" + bytes(0x2F28) + jpeg[2:] + b"*/=alert(1)//"


def _foreign() -> Iterator[tuple[str, bytes]]:
    for name in ("TIFF", "BMP", "JPEG2000", "EPS", "PDF", "PPM", "ICO", "TGA", "PCX", "DDS", "SGI", "ICNS"):
        yield f"a {name} picture", encode(picture(64, 64), name)
    texts = {
        "SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="http://127.0.0.1/"/></svg>',
        "XML with entities": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><svg>&b;</svg>',
        "ImageMagick script": b"push graphic-context\nviewbox 0 0 640 480\nimage over 0,0 0,0 'https://127.0.0.1/x.jpg'\n",
        "text": b"plain text\n" * 100,
        "nothing": b"",
        "zeros": bytes(100_000),
    }
    for name, data in texts.items():
        yield name, data
    for magic in (
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        b"GIF87a",
        b"RIFF\0\0\0\0WEBP",
        b"\0\0\0\x18ftypavif",
    ):
        yield f"only {magic!r}", magic
        yield f"{magic!r} and zeros", magic + bytes(10_000)
        yield f"{magic!r} and ones", magic + b"\xff" * 10_000
