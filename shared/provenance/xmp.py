"""XMP packets (ISO 16684-1): the properties that stand in one, read without entities, deep trees or long texts."""

import contextlib
from collections.abc import Mapping
from xml.parsers import expat

from shared.provenance.limits import XML_DEPTH, XML_ELEMENTS

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
IPTC_EXTENSION = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/"
DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"
BASIC = "http://ns.adobe.com/xap/1.0/"
EXIF = "http://ns.adobe.com/exif/1.0/"

_TEXT = 100_000  # of one property, of which less is shown: a generator's parameters are read from it


class _Refused(Exception):
    """The packet is what no program writes."""


def properties(packet: bytes) -> Mapping[str, str]:
    """Namespace + name → text, the first that is met; of a damaged or hostile packet what came before."""
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator="")
    parser.StartDoctypeDeclHandler = reader.refuse  # no DOCTYPE, so no entities of its own either
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    # A damaged or refused packet says what came before; a ValueError is an encoding that there is not.
    with contextlib.suppress(expat.ExpatError, _Refused, ValueError):
        parser.Parse(packet.strip(b"\0 \t\r\n"), True)
    return reader.found


class _Reader:
    def __init__(self) -> None:
        self.found: dict[str, str] = {}
        self._open: list[str] = []
        self._elements = 0
        self._text = ""

    def refuse(self, *_: object) -> None:
        raise _Refused

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._elements += 1
        if self._elements > XML_ELEMENTS or len(self._open) >= XML_DEPTH:
            raise _Refused
        self._open.append(name)
        self._text = ""
        for attribute, value in attributes.items():
            if attribute == f"{RDF}resource":
                self._keep(name, value)
            else:
                self._keep(attribute, value)

    def text(self, text: str) -> None:
        if len(self._text) < _TEXT:
            self._text += text

    def end(self, _: str) -> None:
        """A text belongs to the nearest property around it: `rdf:Alt`, `rdf:li` and their like only list it."""
        if self._text.strip():
            owner = next((name for name in reversed(self._open) if not name.startswith(RDF)), "")
            self._keep(owner, self._text)
        self._text = ""
        self._open.pop()

    def _keep(self, name: str, value: str) -> None:
        if len(self.found) < XML_ELEMENTS:
            self.found.setdefault(name, value.strip()[:_TEXT])
