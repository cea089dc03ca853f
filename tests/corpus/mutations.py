"""What becomes of a sound file on its way: cut off, flipped, overwritten, spliced; the same at every run."""

import random
from collections.abc import Callable, Iterator, Sequence

from shared.imaging.formats import Format
from tests.corpus.boundaries import boundaries, with_checksums

EXTREMES = (0, 1, 2, 8, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)

CUTS = 40
"""Truncations at other places than the boundaries."""

Mutation = Callable[[random.Random, bytearray, Sequence[int], Sequence[bytes]], bytearray]


def truncations(image_format: Format, data: bytes) -> Iterator[bytes]:
    """Cut at each boundary, a byte before and behind it, and at places evenly between."""
    at_parts = {offset + near for offset in boundaries(image_format, data) for near in (-1, 0, 1)}
    between = {len(data) * number // CUTS for number in range(CUTS)}
    for length in sorted(at_parts | between):
        if 0 <= length < len(data):
            yield data[:length]


def mutants(image_format: Format, data: bytes, others: Sequence[bytes], *, count: int, seed: str) -> Iterator[bytes]:
    """`count` damaged files; `others` are the sound ones to splice with."""
    draw = random.Random(seed)
    parts = boundaries(image_format, data)
    for number in range(count):
        made = bytearray(data)
        for _ in range(draw.choice((1, 1, 1, 2, 4, 8))):
            made = draw.choice(MUTATIONS)(draw, made, parts, others)
        # Half of the PNGs keep true checksums, or none would be damaged behind them.
        yield with_checksums(made) if image_format is Format.PNG and number % 2 else bytes(made)


def _place(draw: random.Random, data: bytearray, parts: Sequence[int]) -> int:
    """Anywhere, near a boundary, or in the head, where the most depends on a byte."""
    last = max(len(data) - 1, 0)
    kind = draw.randrange(3)
    if kind == 0:
        return draw.randint(0, last)
    if kind == 1 and parts:
        return min(max(draw.choice(parts) + draw.randint(-4, 12), 0), last)
    return draw.randint(0, min(last, 200))


def flip_a_bit(draw: random.Random, data: bytearray, parts: Sequence[int], _: Sequence[bytes]) -> bytearray:
    if data:
        data[_place(draw, data, parts)] ^= 1 << draw.randrange(8)
    return data


def set_a_byte(draw: random.Random, data: bytearray, parts: Sequence[int], _: Sequence[bytes]) -> bytearray:
    if data:
        data[_place(draw, data, parts)] = draw.choice((0, 0x7F, 0x80, 0xFF, draw.randrange(256)))
    return data


def set_a_number(draw: random.Random, data: bytearray, parts: Sequence[int], _: Sequence[bytes]) -> bytearray:
    """Lengths, counts and sides: 2, 4 or 8 bytes of an extreme value, in either byte order."""
    size = draw.choice((2, 4, 4, 8))
    value = draw.choice(EXTREMES) % (1 << 8 * size)
    at = _place(draw, data, parts)
    data[at : at + size] = value.to_bytes(size, draw.choice(("big", "little")))
    return data


def insert(draw: random.Random, data: bytearray, parts: Sequence[int], _: Sequence[bytes]) -> bytearray:
    at = _place(draw, data, parts)
    data[at:at] = draw.choice((bytes(draw.randint(1, 64)), b"\xff" * draw.randint(1, 64), draw.randbytes(16)))
    return data


def delete(draw: random.Random, data: bytearray, parts: Sequence[int], _: Sequence[bytes]) -> bytearray:
    at = _place(draw, data, parts)
    del data[at : at + draw.choice((1, 2, 4, 16, 256))]
    return data


def repeat_a_part(draw: random.Random, data: bytearray, parts: Sequence[int], _: Sequence[bytes]) -> bytearray:
    if len(parts) > 1:
        begin = draw.randrange(len(parts) - 1)
        part = data[parts[begin] : parts[min(begin + draw.choice((1, 2, 4, 8)), len(parts) - 1)]]
        at = draw.choice(parts)
        data[at:at] = part * draw.choice((1, 2, 50))
    return data


def remove_a_part(draw: random.Random, data: bytearray, parts: Sequence[int], _: Sequence[bytes]) -> bytearray:
    if len(parts) > 1:
        begin = draw.randrange(len(parts) - 1)
        del data[parts[begin] : parts[begin + 1]]
    return data


def splice(draw: random.Random, data: bytearray, parts: Sequence[int], others: Sequence[bytes]) -> bytearray:
    """The beginning of this file and the end of another."""
    other = draw.choice(others)
    return data[: _place(draw, data, parts)] + other[draw.randint(0, len(other)) :]


MUTATIONS: tuple[Mutation, ...] = (
    flip_a_bit,
    set_a_byte,
    set_a_number,
    set_a_number,
    insert,
    delete,
    repeat_a_part,
    remove_a_part,
    splice,
)
