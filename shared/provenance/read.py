"""All that a file says of its origin, in the order in which it costs more."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice

from shared.domain.provenance import MOST_FINDINGS, Finding
from shared.imaging.formats import Format
from shared.provenance import exif, generators, iptc
from shared.provenance.blocks import Blocks
from shared.provenance.c2pa import ManifestReader
from shared.provenance.carried import carried
from shared.provenance.said import Said


def embedded(blocks: Blocks, width: int, height: int) -> list[Finding]:
    """What the blocks of a picture of `width` × `height` px say, but for its manifest."""
    return list(islice(_embedded(Said.of(blocks), width, height), MOST_FINDINGS))


def _embedded(said: Said, width: int, height: int) -> Iterator[Finding]:
    yield from iptc.findings(said)
    yield from generators.findings(said)
    yield from exif.findings(said, width, height, datetime.now(UTC))


class ProvenanceReader:
    """For bytes that nobody trusts: to be used where a process may die of them."""

    def __init__(self, trust_anchors: str) -> None:
        """`trust_anchors`: certificates in PEM of those whose signatures are trusted; may be empty."""
        self._manifests = ManifestReader(trust_anchors)

    def read(
        self, data: bytes | bytearray, image_format: Format, width: int, height: int
    ) -> Iterator[tuple[list[Finding], bool]]:
        """Findings in parts, and with each whether everything was read; the native library's come last.

        The part with the manifest is missing where there is none. `width` × `height` px is the picture, upright.
        """
        blocks = carried(data, image_format)
        yield embedded(blocks, width, height), blocks.complete
        if blocks.manifest is not None:
            yield self._manifests.findings(data, image_format, blocks.manifest), True
