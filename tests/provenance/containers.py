"""Files that carry what they are told to: metadata put into each container, byte by byte where Pillow would not."""

import functools
import struct
import zlib
from collections.abc import Mapping

from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from shared.imaging.formats import Format
from tests.unit.shared.imaging.pictures import chunk, encode, encode_as, noise

SIDES = (64, 48)

IPTC_EXTENSION = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_PACKET = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
    f' xmlns:Iptc4xmpExt="{IPTC_EXTENSION}" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
    ' xmlns:exif="http://ns.adobe.com/exif/1.0/"%s>%s</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)


@functools.cache
def plain(image_format: Format) -> bytes:
    """The same picture in each format, with nothing beside it."""
    return encode_as(image_format, noise(*SIDES))


def xmp(attributes: str = "", elements: str = "") -> bytes:
    return (_PACKET % (f" {attributes}" if attributes else "", elements)).encode()


def source_type(term: str) -> bytes:
    """A packet with an IPTC DigitalSourceType."""
    return xmp(f'Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/{term}"')


def exif(tags: Mapping[int, object], below: Mapping[int, object] | None = None) -> bytes:
    """A TIFF block: `tags` of the first directory, and those `below` of the EXIF directory."""
    made = Image.Exif()
    made.update(tags)
    made.get_ifd(0x8769).update(below or {})
    return made.tobytes().removeprefix(b"Exif\0\0")


def camera(**changed: object) -> bytes:
    """What a camera writes, in a picture of SIDES; `changed` gives other values by name."""
    said = {
        "make": "Nikon",
        "model": "Z 6",
        "software": "Ver.1.20",
        "taken": "2024:05:04 10:11:12",
        "exposure": (1, 250),
        "aperture": (28, 10),
        "iso": 200,
        "lens": "NIKKOR Z 50mm f/1.8 S",
        "width": SIDES[0],
        "height": SIDES[1],
        **changed,
    }
    first = {0x010F: said["make"], 0x0110: said["model"], 0x0131: said["software"]}
    below = {
        0x9003: said["taken"],
        0x9004: said.get("digitised", said["taken"]),
        0x829A: IFDRational(*said["exposure"]),
        0x829D: IFDRational(*said["aperture"]),
        0x8827: said["iso"],
        0xA434: said["lens"],
        0xA002: said["width"],
        0xA003: said["height"],
    }
    return exif(first, below)


def comment_exif(text: str, code: bytes = b"UNICODE\0", encoding: str = "utf-16-be") -> bytes:
    """A UserComment as the programs around Stable Diffusion write it."""
    return exif({}, {0x9286: code + text.encode(encoding)})


def jpeg(*segments: tuple[int, bytes]) -> bytes:
    """The plain JPEG with segments, each a marker and its body, before all others."""
    made = b"".join(struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body for marker, body in segments)
    return b"\xff\xd8" + made + plain(Format.JPEG)[2:]


def jpeg_exif(*blocks: bytes) -> bytes:
    return jpeg(*((0xE1, b"Exif\0\0" + block) for block in blocks))


def jpeg_xmp(packet: bytes) -> bytes:
    return jpeg((0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet))


def jpeg_iim(*datasets: tuple[int, str]) -> bytes:
    """Datasets of IPTC's application record, in Photoshop's resources after one of another kind."""
    records = b"".join(struct.pack(">BBBH", 0x1C, 2, number, len(text)) + text.encode() for number, text in datasets)
    records += b"\0" * (len(records) % 2)
    other = b"8BIM\x04\x25\x03odd\0\0\0\x02xx"
    resource = b"8BIM\x04\x04\0\0" + struct.pack(">I", len(records)) + records
    return jpeg((0xED, b"Photoshop 3.0\0" + other + resource))


def png(*chunks: tuple[bytes, bytes], at_end: bool = False) -> bytes:
    """The plain PNG with chunks after its header, or after its pixels."""
    whole, made = plain(Format.PNG), b"".join(chunk(kind, body) for kind, body in chunks)
    at = len(whole) - 12 if at_end else 33
    return whole[:at] + made + whole[at:]


def text(keyword: str, value: str) -> tuple[bytes, bytes]:
    return b"tEXt", keyword.encode("latin-1") + b"\0" + value.encode()


def compressed_text(keyword: str, value: bytes) -> tuple[bytes, bytes]:
    return b"zTXt", keyword.encode("latin-1") + b"\0\0" + zlib.compress(value, 9)


def international_text(keyword: str, value: str, *, compressed: bool = False) -> tuple[bytes, bytes]:
    body = zlib.compress(value.encode()) if compressed else value.encode()
    return b"iTXt", keyword.encode("latin-1") + bytes((0, compressed, 0)) + b"\0\0" + body


def riff(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def webp(*chunks: tuple[bytes, bytes]) -> bytes:
    """The plain WebP in the extended form, with chunks after its picture."""
    flags = sum({b"EXIF": 8, b"XMP ": 4}.get(kind, 0) for kind, _ in chunks)
    width, height = (struct.pack("<I", side - 1)[:3] for side in SIDES)
    head = riff(b"VP8X", bytes((flags, 0, 0, 0)) + width + height)
    body = b"WEBP" + head + plain(Format.WEBP)[12:] + b"".join(riff(kind, data) for kind, data in chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def heif(image_format: Format, **metadata: bytes) -> bytes:
    """An AVIF or HEIC with the items that its encoder makes of `exif` and `xmp`."""
    return encode_as(image_format, noise(*SIDES), **metadata)


def gif(*extensions: bytes) -> bytes:
    """The plain GIF with extensions before its first picture."""
    whole = plain(Format.GIF)
    at = 13 + (3 << ((whole[10] & 7) + 1) if whole[10] & 0x80 else 0)
    return whole[:at] + b"".join(extensions) + whole[at:]


def gif_comment(words: str) -> bytes:
    data = words.encode()
    parts = (data[at : at + 255] for at in range(0, len(data), 255))
    return b"\x21\xfe" + b"".join(bytes((len(part),)) + part for part in parts) + b"\0"


def gif_xmp(packet: bytes) -> bytes:
    """XMP stands outside of sub-blocks; 258 bytes end whichever of them a reader believes to be in."""
    return b"\x21\xff\x0bXMP DataXMP" + packet + b"\x01" + bytes(range(255, -1, -1)) + b"\0"


def save(image_format: str, **options: object) -> bytes:
    return encode(noise(*SIDES), image_format, **options)
