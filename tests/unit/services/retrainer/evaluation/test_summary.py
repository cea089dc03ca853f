import pytest

from services.retrainer.evaluation.summary import lead, summary, warnings
from tests.unit.services.retrainer.evaluation.made import calibrated
from tests.unit.services.retrainer.evaluation.test_report import judged


@pytest.fixture(scope="module")
def judgements():
    return [judged(), judged(view="raw")]


def test_a_terminal_gets_a_column_for_each_view(judgements):
    heads, rows = summary(judgements)
    assert heads == ["", "matched view", "raw view"]
    assert all(len(row) == 3 for row in rows)
    assert rows[0][0] == "ROC AUC"
    assert rows[-1][0] == "null: noise"


def test_a_set_of_one_class_has_a_dash_where_it_has_no_figure():
    made = calibrated(400)
    _, rows = summary([judged(made.where(made.labels == 0))])
    assert ["AI images called likely AI", "–"] in rows


def test_a_warning_of_several_views_is_given_once(judgements):
    assert warnings([judgements[0], judgements[0]]) == warnings(judgements[:1])


def test_the_lead_counts_images_and_owners_of_each_class(judgements):
    counted = judgements[0].document()
    assert lead(judgements[0]).startswith(f"{counted['images']['human']} human images of {counted['owners']['human']} ")
