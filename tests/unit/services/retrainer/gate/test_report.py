import json
from dataclasses import replace

import numpy as np
import pytest

from services.retrainer.gate import CaseResult, GuardReport
from services.retrainer.gate.report import paired_rows
from tests.unit.services.retrainer.gate.made import report


def test_a_report_survives_json_to_the_last_bit():
    before = report(owners=6, network="ab", cases=(CaseResult(id="case-1", expected=1, probability=1 / 3),))
    after = GuardReport.from_document(json.loads(json.dumps(before.document(), allow_nan=False)))
    assert after.document() == before.document()
    assert after.probabilities.tobytes() == before.probabilities.tobytes()
    assert after.labels.dtype == np.uint8
    after.require_rows_of(before)


def test_an_empty_report_survives_json():
    before = report(owners=0)
    after = GuardReport.from_document(json.loads(json.dumps(before.document())))
    assert len(after) == 0
    assert after.cells.dtype.kind == "U"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"labels": np.zeros(3, np.uint8)}, "differ in length"),
        ({"probabilities": np.full(48, 1.5)}, "what is no probability"),
        ({"probabilities": np.full(48, np.nan)}, "what is no probability"),
        ({"cases": (CaseResult(id="case-1", expected=1, probability=float("nan")),)}, "what is no probability"),
        ({"latency_ms": 0.0}, "latency and size must be above 0"),
    ],
)
def test_what_cannot_be_a_report_is_refused(change, says):
    given = report(owners=2, images=6)
    assert len(given) == 48
    with pytest.raises(ValueError, match=says):
        replace(given, **change)


def test_a_picture_as_it_came_is_plain_and_no_degradation_is_compared_with_it():
    given = report(owners=4, cells=("raw", "", "blur"))
    assert given.degraded_cells == ["blur"]
    assert given.plain.sum() == 48
    rows, plain = paired_rows(given, "blur")
    assert len(rows) == 24
    assert set(given.cells[plain]) == {""}


def test_cells_are_told_apart():
    given = report(owners=4)
    assert given.degraded_cells == ["blur", "jpeg-40"]
    assert given.trigger_cells == ["trigger:square"]
    assert given.plain.sum() == 24
