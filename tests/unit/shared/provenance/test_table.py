"""Every crafted file says what it is expected to say, and no more."""

import functools

import pytest

from shared.domain.provenance import Finding
from shared.imaging.decode import decode
from shared.provenance.read import ProvenanceReader
from tests.provenance.authority import trusted_signer
from tests.provenance.case import Case
from tests.provenance.table import cases
from tests.unit.shared.imaging.pictures import LIMITS

CASES = list(cases())


@functools.cache
def reader() -> ProvenanceReader:
    return ProvenanceReader(trusted_signer().root)


def read(case: Case) -> tuple[list[Finding], bool]:
    decoded = decode(case.data, LIMITS)
    assert decoded.format is case.format
    parts = list(reader().read(case.data, decoded.format, decoded.width, decoded.height))
    return [finding for findings, _ in parts for finding in findings], all(complete for _, complete in parts)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_is_found_is_what_was_put_there(case):
    findings, complete = read(case)

    assert [(each.kind, each.claim, each.strength) for each in findings] == case.found
    assert complete is case.complete
    if case.details:
        shown = findings[0].details
        assert {name: shown.get(name) for name in case.details} == dict(case.details)


def test_the_table_is_no_smaller_than_it_says():
    assert len({case.name for case in CASES}) == len(CASES) >= 140
