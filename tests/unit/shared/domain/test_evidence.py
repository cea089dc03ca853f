import pytest

from shared.domain.evidence import EvidenceMap


def test_cells_stand_in_rows():
    assert EvidenceMap(columns=3, cells=bytes(12)).rows == 4


@pytest.mark.parametrize(("columns", "cells"), [(3, bytes(4)), (0, b""), (0, bytes(3)), (2, b""), (-1, bytes(2))])
def test_cells_that_make_no_rows_are_no_map(columns, cells):
    with pytest.raises(ValueError, match="make no rows"):
        EvidenceMap(columns=columns, cells=cells)
