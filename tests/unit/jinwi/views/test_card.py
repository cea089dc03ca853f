from jinwi.views.card import rows


def test_a_figure_stands_with_its_interval():
    card = {"metrics": {"matched": {"roc_auc": {"value": 0.75412, "low": 0.6894, "high": 0.8142}}}}
    assert list(rows(card)) == [["metrics.matched.roc_auc", "0.754 (0.689 – 0.814)"]]


def test_a_group_goes_by_its_name():
    kinds = [{"name": "photo", "images": 4048, "owners": 48, "rate": {"value": 0.01, "low": 0.006, "high": 0.017}}]
    assert list(rows({"kinds": kinds})) == [["kinds: photo (4,048)", "0.010 (0.006 – 0.017)"]]


def test_texts_are_a_row_each_and_numbers_one():
    assert list(rows({"limits": ["a", "b"], "sides": [1, 2]})) == [["limits", "a"], ["limits", "b"], ["sides", "1, 2"]]


def test_objects_in_a_list_go_by_their_places():
    assert list(rows({"tiers": [{"bias": 0.5}, {"bias": True}]})) == [
        ["tiers.1.bias", "0.500"],
        ["tiers.2.bias", "True"],
    ]


def test_what_is_too_long_for_a_person_is_left_to_json():
    assert not list(rows({"bins": [1], "confusion": {"a": 1}}))


def test_a_card_of_any_shape_is_shown():
    odd = {"a": None, "b": [], "c": [[1], "x"], "d": {"value": "text"}, "e": {"value": 3}}
    assert [row[0] for row in rows(odd)] == ["a", "b", "c", "c", "d.value", "e"]


def test_a_confusion_matrix_has_a_row_for_each_truth_and_its_figures():
    found = {
        "names": ["photograph", "painting", "other"],
        "counts": [[1200, 0, 30], [4, 9, 0], [0, 0, 0]],
        "recall": {"photograph": {"value": 0.97, "low": 0.9, "high": 1.0, "n": 1230}},
    }
    assert list(rows({"measured": {"owners left out": found}})) == [
        ["measured.owners left out: photograph →", "photograph 1,200, other 30"],
        ["measured.owners left out: painting →", "photograph 4, painting 9"],
        ["measured.owners left out.recall.photograph", "0.970 (0.900 – 1.000)"],
    ]


def test_a_record_is_one_row():
    found = {"images": 1400, "owners": 9, "called_ai": 84, "rate": 0.06, "interval": [0.03, 0.11]}
    assert list(rows({"illustration": found})) == [["illustration", "0.060 (0.030 – 0.110), 84 / 1,400"]]
