"""The blocks of a file, read: each EXIF block and XMP packet once, for all who ask what it says."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.provenance import tiff, xmp
from shared.provenance.blocks import Block, Blocks


@dataclass(frozen=True, slots=True)
class Exif:
    """`byte_order` is the first two bytes of the block."""

    where: str
    tags: Mapping[int, tiff.Value]
    byte_order: bytes


@dataclass(frozen=True, slots=True)
class Packet:
    """An XMP packet: namespace + name → text."""

    where: str
    properties: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    exif: tuple[Exif, ...]
    xmp: tuple[Packet, ...]
    iim: tuple[Block, ...]
    texts: Mapping[str, str]
    """Keyword → text of the text chunks and comments, each at its first place."""
    texts_where: str

    @classmethod
    def of(cls, blocks: Blocks) -> "Said":
        texts: dict[str, str] = {}
        for block in blocks.texts:
            texts.setdefault(block.name, block.data.decode("utf-8", "replace"))
        return cls(
            exif=tuple(Exif(block.where, tiff.tags(block.data), block.data[:2]) for block in blocks.exif),
            xmp=tuple(Packet(block.where, xmp.properties(block.data)) for block in blocks.xmp),
            iim=tuple(blocks.iim),
            texts=texts,
            texts_where=blocks.texts[0].where if blocks.texts else "",
        )
