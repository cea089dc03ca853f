"""The process that decodes, started by `shared.decoding.decoder`: it may die, and takes nothing with it.

It also reads what a file says of its origin, after the pixels are on their way: whatever that does to the process,
the score has what it needs.

Never imports numpy: it would double the start, and the threads of its BLAS use up the address space.
"""

import json
import os
import sys
from collections.abc import Iterator
from typing import Any

from shared.decoding import frames, sandbox
from shared.domain.job import Lane
from shared.domain.model_card import InputSpec
from shared.errors import ImageRefused
from shared.imaging.decode import decode
from shared.imaging.formats import Format
from shared.imaging.limits import Limits
from shared.imaging.reduced import reduced
from shared.imaging.reencode import reencodings
from shared.imaging.tiles import cut
from shared.provenance.read import ProvenanceReader


def main() -> None:
    settings = json.loads(sys.argv[1])
    sandbox.follow_parent()
    requests, replies = _take_pipes()
    _, anchors = frames.receive(requests)
    provenance = ProvenanceReader(anchors.decode())
    isolated = sandbox.leave_network()
    sandbox.limit_resources(settings["memory_bytes"])
    limits = Limits(max_pixels=settings["max_pixels"], max_side=settings["max_side"])
    frames.send(replies, {"network_isolated": isolated})
    while _serve_one(requests, replies, limits, provenance, settings["seconds"]):
        pass


def _take_pipes() -> tuple[int, int]:
    """Keep the pipes for us alone: what a codec prints goes to standard error, what it reads is empty."""
    requests, replies = os.dup(0), os.dup(1)
    with open(os.devnull, "rb") as null:  # noqa: PTH123 - a descriptor is wanted, not a path
        os.dup2(null.fileno(), 0)
    os.dup2(2, 1)
    return requests, replies


def _serve_one(requests: int, replies: int, limits: Limits, provenance: ProvenanceReader, seconds: float) -> bool:
    """Answer one request; False when the parent has closed its end."""
    try:
        wanted, data = frames.receive(requests)
    except EOFError:
        return False
    sandbox.allow_cpu(seconds)
    spec, lane = InputSpec.from_document(wanted["input"]), Lane(wanted["lane"])
    if "reencode" in wanted:
        for header, tiles in _reencoded(data, spec, lane, limits, wanted["reencode"]):
            frames.send(replies, header, tiles)
        return True
    reply, pixels = _answer(data, spec, lane, limits)
    frames.send(replies, reply, pixels)
    if "format" in reply:
        del pixels
        for header, findings in _provenance(data, reply, provenance):
            frames.send(replies, header, findings)
    return True


def _reencoded(
    data: bytearray, spec: InputSpec, lane: Lane, limits: Limits, seed: int
) -> Iterator[tuple[dict[str, Any], bytes | bytearray]]:
    """The tiles of each re-encoding as a message, and one that ends them."""
    try:
        for name, file in reencodings(decode(data, limits).image, seed):
            image = decode(file, limits).image
            tiles = bytearray().join(tile.tobytes() for tile in cut(image, spec, lane))
            yield {"last": False, "name": name, "width": image.width, "height": image.height}, tiles
    except (ImageRefused, MemoryError):
        yield {"last": True, "complete": False}, b""
    else:
        yield {"last": True, "complete": True}, b""


def _provenance(
    data: bytearray, decoded: dict[str, Any], reader: ProvenanceReader
) -> Iterator[tuple[dict[str, Any], bytes]]:
    """Each part of the findings as a message, and one that ends them."""
    whole = True
    try:
        for findings, complete in reader.read(data, Format(decoded["format"]), decoded["width"], decoded["height"]):
            whole &= complete
            documents = [finding.document() for finding in findings]
            yield {"last": False}, json.dumps(documents, ensure_ascii=False).encode()
    except Exception:  # noqa: BLE001 - the picture has its score whatever its metadata does to their readers
        whole = False
    yield {"last": True, "complete": whole}, b""


def _answer(data: bytearray, spec: InputSpec, lane: Lane, limits: Limits) -> tuple[dict[str, Any], bytes | bytearray]:
    """The tiles, and after them the picture made small and grey, of which the parent makes the perceptual hash."""
    pixels = bytearray()
    try:
        decoded = decode(data, limits)
        for tile in cut(decoded.image, spec, lane):
            pixels += tile.tobytes()
        pixels += reduced(decoded.image).tobytes()
    except ImageRefused as refusal:
        return {"refused": refusal.reason, "detail": refusal.detail}, b""
    except MemoryError:
        return {"out_of_memory": True}, b""
    return {"format": decoded.format, "width": decoded.width, "height": decoded.height}, pixels


if __name__ == "__main__":
    main()
