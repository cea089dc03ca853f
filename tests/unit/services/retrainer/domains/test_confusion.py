import numpy as np
import pytest

from services.retrainer.domains.confusion import Judged, confusion


def judged(pairs, owners):
    truths, said = zip(*pairs, strict=True)
    return Judged(
        truths=np.array(truths), said=np.array(said), lanes=np.full(len(pairs), "bulk"),
        owners=np.array(owners, np.int32),
    )  # fmt: skip


@pytest.fixture
def found():
    photos = [("photograph", "photograph")] * 6 + [("photograph", "other")] * 2
    paintings = [("painting", "photograph")] * 3 + [("painting", "painting")]
    return confusion(judged([*photos, *paintings, ("", "photograph")], [0, 1, 2, 3] * 3 + [9]))


def test_rows_are_truths_and_columns_what_was_said(found):
    names = found["names"]
    counts = np.array(found["counts"])
    assert counts[names.index("photograph")].sum() == 8
    assert counts[names.index("painting"), names.index("photograph")] == 3
    assert counts.sum() == found["pictures"] == 12  # not the one whose kind nobody said
    assert found["owners"] == 4


def test_recall_is_of_the_truths_and_precision_of_what_was_said(found):
    assert found["recall"]["photograph"]["value"] == pytest.approx(6 / 8)
    assert found["precision"]["photograph"]["value"] == pytest.approx(6 / 9, abs=1e-6)
    assert set(found["recall"]) == {"photograph", "painting"}
    assert "other" in found["precision"]
    assert found["macro_recall"]["value"] == pytest.approx((6 / 8 + 1 / 4) / 2)
    assert found["named"]["value"] == pytest.approx(10 / 12, abs=1e-6)
    assert found["right_where_named"]["value"] == pytest.approx(7 / 10)


def test_intervals_widen_where_owners_differ():
    right, wrong = ("photograph", "photograph"), ("photograph", "other")
    alike = confusion(judged([right, wrong] * 40, np.repeat(np.arange(8), 10)))["recall"]["photograph"]
    apart = confusion(judged([right] * 40 + [wrong] * 40, np.repeat(np.arange(8), 10)))["recall"]["photograph"]
    assert alike["value"] == apart["value"] == 0.5
    assert apart["high"] - apart["low"] > 3 * (alike["high"] - alike["low"])


def test_arrays_of_other_lengths_are_refused():
    with pytest.raises(ValueError, match=r"\[N\]"):
        Judged(truths=np.array(["a"]), said=np.array(["a"]), lanes=np.array([]), owners=np.array([1], np.int32))
