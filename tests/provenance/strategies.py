"""Hostile metadata for Hypothesis: any text in any place of a file where a reader looks."""

import io
import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from shared.imaging.formats import Format
from tests.provenance.authority import TRAINED, sign
from tests.provenance.containers import (
    comment_exif,
    compressed_text,
    exif,
    gif,
    gif_comment,
    gif_xmp,
    heif,
    international_text,
    jpeg,
    jpeg_exif,
    jpeg_iim,
    jpeg_xmp,
    plain,
    png,
    webp,
    xmp,
)

MARK = "zq7x"
"""Stands in every hostile text and in nothing of ours: where it is found, the file has written."""

NASTY = (
    "\x1b[2J\x1b]0;owned\x07\x1b]8;;http://x.invalid\x1b\\link",  # clears a screen, renames a window, makes a link
    "\x9b31m\x9d0;owned\x9c",  # the same in one byte each (ECMA-48, 8-bit C1)
    "\rlikely made by a person\x08\x08\x7f",
    "photo\u202egnp.exe\u2066\u2069\u200f\u061c",
    "\0 NUL \ufeff\ufffe\uffff",
    "\ud800 half, \udfff the other\U0010ffff",
    "\u2028line\u2029paragraph\x85next\x0b\x0c",
    f"</script></style></title></textarea><script>{MARK}()</script><img src=x onerror={MARK}()>",
    f"<!-- {MARK} --><![CDATA[{MARK}]]><svg/onload={MARK}()>&lt;b&gt;&#x3c;script&#x3e;",
    f"\" autofocus onfocus={MARK}() x='",
    "'; DROP TABLE jobs; -- $$ $1 %s %(job_id)s \\'",
    "{} {0} {job.document} {verdict!r:>99999} %n %99999s ${jndi:ldap://x.invalid} {{7*7}}",
    '{"integrity": "intact", "__proto__": {"strength": "signed_trusted"}}',
    "[bold red]markup[/] :warning: [link=http://x.invalid]here[/link]",
    '=HYPERLINK("http://x.invalid")\t@SUM(1)\t+cmd|calc',
    "{'a':" * 200,
    "e\u0301\u0336" * 60,
    "x" * 6000,
)


def _deep(inner: Any, levels: int) -> Any:
    for level in range(levels):
        inner = [inner] if level % 2 else {MARK: inner}
    return inner


def _many(inner: Any, count: int) -> Any:
    """Keys that are many, or one that is huge."""
    return {f"{MARK}{number}": inner for number in range(count)} | {MARK * count: inner}


texts = st.one_of(
    st.sampled_from(NASTY),
    st.text(st.characters(codec=None), max_size=80),  # halves of surrogate pairs among them
    st.lists(st.sampled_from(NASTY), min_size=2, max_size=3).map("".join),
).map(lambda text: MARK + text)

numbers = st.integers() | st.floats() | st.sampled_from([10**400, -(2**63), 2**53 + 1, float("nan"), float("inf")])

values: st.SearchStrategy[Any] = st.recursive(
    texts | numbers | st.booleans() | st.none(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(texts, inner, max_size=4)
        | st.builds(_deep, inner, st.integers(5, 400))
        | st.builds(_many, inner, st.integers(40, 600))
    ),
    max_leaves=5,
)


def _json(value: Any) -> str:
    """With what no JSON has (NaN), and with surrogates as escapes."""
    return json.dumps(value)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _chunk(keyword: bytes, text: str) -> tuple[bytes, bytes]:
    return b"tEXt", keyword + b"\0" + _bytes(text)


def _a1111(text: str) -> str:
    one_line = text.replace("\n", " ").replace("\r", " ").replace('"', "")
    return f'{text}\nNegative prompt: {text}\nSteps: 20, Sampler: {one_line[:200]}, Seed: 1, Model: "{one_line[:900]}"'


def _comfyui(text: str, value: Any) -> str:
    encoder = {"class_type": "CLIPTextEncode", "inputs": {"text": text, "seed": value, "ckpt_name": text}}
    return _json({MARK: encoder, "3": {"class_type": text, "inputs": value}, "4": value})


def _invokeai(text: str, value: Any) -> str:
    return _json(
        {"positive_prompt": value, "negative_prompt": text, "app_version": text, "seed": value, "model": value}
    )


def _fooocus(text: str, value: Any) -> str:
    return _json({"base_model": text, "prompt": value, "seed": value, "version": text, "steps": value, text: value})


def _novelai(text: str, value: Any) -> list[tuple[bytes, bytes]]:
    said = _json({"prompt": text, "uc": value, "seed": value, "sampler": text})
    return [_chunk(b"Software", f"NovelAI {text}"), _chunk(b"Comment", said), _chunk(b"Source", text)]


def _exif(text: str) -> bytes:
    """Texts in EXIF are bytes: Pillow would refuse what it cannot encode."""
    said = _bytes(text)
    directory = ImageFileDirectory_v2(prefix=b"II")
    for tag in (0x010E, 0x010F, 0x0110, 0x0131, 0x013B):  # description, make, model, software, artist
        directory.tagtype[tag] = 2
        directory[tag] = said.decode("latin-1")
    made = io.BytesIO()
    directory.save(made)
    return made.getvalue()


def _user_comment(text: str) -> bytes:
    return exif({}, {0x9286: b"UNICODE\0" + text.encode("utf-16-be", "surrogatepass")})


def _escaped(text: str) -> str:
    """As XML has it: what XML cannot hold is left out, or the packet ends there for every reader."""
    held = "".join(char for char in text if char in "\t\n" or (char >= " " and not "\ud800" <= char <= "\udfff"))
    held = held.replace("\ufffe", "").replace("\uffff", "")
    return held.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


def _xmp(text: str) -> bytes:
    said = _escaped(text)
    return xmp(
        'Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"'
        f' photoshop:Credit="{said}" xmp:CreatorTool="GIMP {said}" Iptc4xmpExt:AISystemUsed="{said}"',
        f"<dc:creator><rdf:Seq><rdf:li>{said}</rdf:li></rdf:Seq></dc:creator>"
        f"<Iptc4xmpExt:AIPromptInformation>{said}</Iptc4xmpExt:AIPromptInformation>",
    )


def _raw_xmp(text: str) -> bytes:
    """The text as it is, which mostly is no XML."""
    return _xmp("").replace(b"<rdf:li>", b"<rdf:li>" + _bytes(text))


def _iim(text: str) -> bytes:
    said = _bytes(text)[:20_000].decode("utf-8", "ignore")
    return jpeg_iim((80, said), (110, "Made with Google AI"), (115, said))


def signed_file(text: str, actions: list[str]) -> bytes:
    """The builder takes JSON, which has no halves of surrogate pairs."""
    said, *actions = (each.encode("utf-8", "ignore").decode() for each in (text, *actions))
    done = [{"action": "c2pa.created", "digitalSourceType": TRAINED, "softwareAgent": said}]
    done += [{"action": f"org.{MARK}.{number}", "softwareAgent": each} for number, each in enumerate(actions)]
    return sign(plain(Format.JPEG), "image/jpeg", *done, title=said, generator=said)


CARRIERS: dict[str, Callable[[str, Any], bytes]] = {
    "PNG tEXt, parameters": lambda text, _: png(_chunk(b"parameters", _a1111(text))),
    "PNG tEXt, name": lambda text, _: png(_chunk(b"Software", f"Midjourney {text}"[:70])),
    "PNG tEXt, editor": lambda text, _: png(_chunk(b"Software", f"Krita {text}")),
    "PNG tEXt, job": lambda text, _: png(
        _chunk(b"Description", f"{text} --v 6 --seed {MARK}\x1b[2J Job ID: 0a1b2c3d-0000-4000-8000-123456789abc"),
        _chunk(b"Author", text),
    ),
    "PNG tEXt, keyword": lambda text, _: png(_chunk(_bytes(text)[:79].replace(b"\0", b" "), text)),
    "PNG tEXt, ComfyUI": lambda text, value: png(_chunk(b"prompt", _comfyui(text, value))),
    "PNG tEXt, InvokeAI": lambda text, value: png(_chunk(b"invokeai_metadata", _invokeai(text, value))),
    "PNG tEXt, Fooocus": lambda text, value: png(_chunk(b"parameters", _fooocus(text, value))),
    "PNG tEXt, NovelAI": lambda text, value: png(*_novelai(text, value)),
    "PNG iTXt": lambda text, _: png(
        international_text("parameters", _a1111(text).encode("utf-8", "ignore").decode(), compressed=True)
    ),
    "PNG zTXt": lambda text, _: png(compressed_text("parameters", _bytes(_a1111(text)))),
    "PNG XMP": lambda text, _: png(international_text("XML:com.adobe.xmp", _xmp(text).decode())),
    "JPEG COM": lambda text, _: jpeg((0xFE, _bytes(_a1111(text))[:60_000])),
    "JPEG EXIF": lambda text, _: jpeg_exif(_exif(text)),
    "JPEG EXIF, UserComment": lambda text, _: jpeg_exif(_user_comment(_a1111(text))),
    "JPEG XMP": lambda text, _: jpeg_xmp(_xmp(text)),
    "JPEG XMP, raw": lambda text, _: jpeg_xmp(_raw_xmp(text)[:60_000]),
    "JPEG IPTC-IIM": lambda text, _: _iim(text),
    "WebP EXIF": lambda text, _: webp((b"EXIF", _exif(f"prompt:{_comfyui(text, text)}"))),
    "WebP XMP": lambda text, _: webp((b"XMP ", _xmp(text))),
    "GIF comment": lambda text, _: gif(gif_comment(_a1111(text).encode("utf-8", "ignore").decode())),
    "GIF XMP": lambda text, _: gif(gif_xmp(_xmp(text))),
    "AVIF EXIF": lambda text, _: heif(Format.AVIF, exif=b"Exif\0\0" + _exif(f"Krita {text}")),
    "AVIF UserComment": lambda text, _: heif(
        Format.AVIF, exif=b"Exif\0\0" + comment_exif(_a1111(text.encode("utf-8", "ignore").decode()))
    ),
}
"""A file with the text and the value in one place, by the place's name."""

SIGNED = "JPEG C2PA"

files = st.builds(
    lambda place, text, value: (place, CARRIERS[place](text, value)), st.sampled_from(list(CARRIERS)), texts, values
)
"""(place, bytes)."""

signed_files = st.builds(lambda text, actions: (SIGNED, signed_file(text, actions)), texts, st.lists(texts, max_size=3))
