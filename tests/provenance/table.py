"""Crafted files, kind by container by attack, each with what is to be found in it."""

from collections.abc import Iterator

from shared.imaging.formats import Format
from tests.provenance import attacked_cases, generator_cases, hostile_cases, metadata_cases, signed_cases
from tests.provenance.case import Case
from tests.provenance.containers import plain


def cases() -> Iterator[Case]:
    short_lived, until = signed_cases.short_lived()
    yield from _plain()
    yield from generator_cases.cases()
    yield from metadata_cases.cases()
    yield from hostile_cases.cases()
    yield from signed_cases.cases()
    yield from attacked_cases.cases()
    yield from signed_cases.expired(short_lived, until)


def _plain() -> Iterator[Case]:
    for image_format in Format:
        yield Case(name=f"nothing, {image_format}", format=image_format, data=plain(image_format), found=[])
