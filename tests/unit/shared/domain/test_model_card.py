import json

import pytest

from shared.domain.job import Lane
from shared.domain.model_card import Calibration, CalibrationTable, InputSpec, ModelCard, View

DOCUMENT = {
    "name": "cifake-cnn",
    "version": "0.1.0",
    "input": {"width": 32, "height": 32, "resample": "bicubic"},
    "calibration": {"temperature": 1.2, "bias": -0.1},
    "thresholds": {"likely_human": 0.2, "likely_ai": 0.8},
    "range": {"min_side": 32, "max_side": 32, "statement": "Only 32 px."},
    "anything": "else",
}


def test_a_card_is_read_and_kept_whole():
    card = ModelCard.from_document(DOCUMENT)
    assert (card.name, card.version, card.input.width) == ("cifake-cnn", "0.1.0", 32)
    assert card.document == DOCUMENT


def test_a_card_says_how_long_the_embedding_is_if_there_is_one():
    assert ModelCard.from_document(DOCUMENT).embedding_size is None
    assert ModelCard.from_document({**DOCUMENT, "embedding": {"size": 760}}).embedding_size == 760


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": "1.0"}, "MAJOR.MINOR.PATCH"),
        ({"version": "01.0.0"}, "MAJOR.MINOR.PATCH"),
        ({"input": {"width": 0, "height": 32}}, "1 to 4096"),
        ({"input": {"width": 32, "height": 32, "resample": "magic"}}, "resample"),
        ({"input": {"width": 32}}, "height"),
        ({"calibration": {"temperature": 0}}, "temperature"),
        ({"embedding": {}}, "embedding must be an object with a whole size"),
        ({"embedding": {"size": 0}}, "embedding must be an object with a whole size"),
        ({"embedding": 7}, "embedding must be an object with a whole size"),
        ({"thresholds": {"likely_human": 0.9, "likely_ai": 0.8}}, "thresholds"),
    ],
)
def test_a_card_that_is_wrong_names_the_field(change, message):
    with pytest.raises(ValueError, match=message):
        ModelCard.from_document({**DOCUMENT, **change})


def test_a_card_without_a_field_names_it():
    with pytest.raises(ValueError, match="'range' is missing"):
        ModelCard.from_document({name: value for name, value in DOCUMENT.items() if name != "range"})


@pytest.mark.parametrize(("width", "height", "inside"), [(32, 32, True), (32, 33, False), (31, 32, False)])
def test_a_picture_outside_the_range_has_the_reason_that_the_card_gives(width, height, inside):
    reasons = ModelCard.from_document(DOCUMENT).range.reasons(width, height)
    assert [reason.document() for reason in reasons] == (
        [] if inside else [{"code": "out_of_range", "detail": "Only 32 px."}]
    )


# Views

VIEWS = {
    "bulk": [{"short_side": 256, "crops": 1}],
    "interactive": [{"short_side": None, "crops": 5, "weight": 2}, {"short_side": 256, "crops": 9}],
}


def tiled(**changes):
    return {**DOCUMENT["input"], "views": {**VIEWS, **changes}}


def test_a_card_without_views_stretches_the_whole_picture_to_one_tile():
    spec = InputSpec.from_document(DOCUMENT["input"])
    assert spec.views is None
    assert [spec.most_tiles(lane) for lane in Lane] == [1, 1]


def test_each_lane_has_its_views():
    spec = InputSpec.from_document({**tiled(), "small": "enlarge"})
    assert spec.views[Lane.BULK] == (View(short_side=256, crops=1, weight=1.0),)
    assert [view.crops for view in spec.views[Lane.INTERACTIVE]] == [5, 9]
    assert spec.small == "enlarge"
    assert spec.most_tiles(Lane.INTERACTIVE) == 14


@pytest.mark.parametrize("document", [DOCUMENT["input"], {**tiled(), "small": "enlarge"}])
def test_an_input_says_itself_as_a_card_does(document):
    spec = InputSpec.from_document(document)
    assert InputSpec.from_document(json.loads(json.dumps(spec.document()))) == spec


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"small": "stretch"}, "small"),
        ({"width": 32.5}, "whole numbers"),
        ({"views": {"bulk": VIEWS["bulk"]}}, "views .* bulk and interactive"),
        ({"views": [1]}, "views .* bulk and interactive"),
        (tiled(bulk=[]), "views .* each lane"),
        (tiled(bulk={}), "views.bulk must be a list"),
        (tiled(bulk=[3]), "views.bulk must be a list"),
        (tiled(bulk=[{"short_side": 0, "crops": 1}]), "short_side"),
        (tiled(bulk=[{"short_side": 256, "crops": 3}]), "crops"),
        (tiled(bulk=[{"short_side": 256}]), "crops"),
        (tiled(bulk=[{"short_side": 256, "crops": 1, "weight": 0}]), "weight"),
        (tiled(bulk=[{"short_side": 256, "crops": 1, "weight": "a lot"}]), "weight"),
        (tiled(bulk=[{"short_side": 256, "crops": 1, "wight": 1}]), "wight"),
        ({**tiled(), "width": 4096, "height": 4096}, "tiles of a lane"),
    ],
)
def test_an_input_that_is_wrong_names_the_field(changes, message):
    with pytest.raises(ValueError, match=message):
        ModelCard.from_document({**DOCUMENT, "input": {**DOCUMENT["input"], **changes}})


# Calibration

TIERS = {
    "bulk": [
        {"max_short_side": 256, "temperature": 2.0, "bias": 0.5},
        {"max_short_side": 1024, "temperature": 3.0, "bias": 0.0},
        {"max_short_side": None, "temperature": 4.0, "bias": -0.5},
    ],
    "interactive": [{"max_short_side": None, "temperature": 1.5, "bias": 0.0}],
}


@pytest.mark.parametrize(
    ("lane", "short_side", "temperature"),
    [
        (Lane.BULK, 1, 2),
        (Lane.BULK, 256, 2),
        (Lane.BULK, 257, 3),
        (Lane.BULK, 1024, 3),
        (Lane.BULK, 30_000, 4),
        (Lane.INTERACTIVE, 1, 1.5),
        (Lane.INTERACTIVE, 30_000, 1.5),
    ],
)
def test_calibration_goes_by_lane_and_short_side(lane, short_side, temperature):
    assert CalibrationTable.from_document(TIERS).of(lane, short_side).temperature == temperature


def test_one_calibration_holds_for_every_lane_and_size():
    table = ModelCard.from_document(DOCUMENT).calibration
    assert {table.of(lane, side) for lane in Lane for side in (1, 30_000)} == {Calibration(temperature=1.2, bias=-0.1)}


@pytest.mark.parametrize(
    ("bulk", "message"),
    [
        (TIERS["bulk"][:2], "last tier of bulk"),
        ([], "last tier of bulk"),
        ([TIERS["bulk"][1], TIERS["bulk"][0], TIERS["bulk"][2]], "rise from tier to tier"),
        ([TIERS["bulk"][2], TIERS["bulk"][2]], "rise from tier to tier"),
        ([{**TIERS["bulk"][0], "max_short_side": 25.5}, TIERS["bulk"][2]], "max_short_side must be whole"),
        ([{"temperature": 1.0, "bias": 0.0}], "max_short_side is missing"),
        ([{"max_short_side": None, "temperature": 0}], "temperature"),
        ([{"max_short_side": None, "slope": 1}], "slope"),
        ({}, "calibration.bulk must be a list"),
    ],
)
def test_a_calibration_that_is_wrong_names_the_field(bulk, message):
    with pytest.raises(ValueError, match=message):
        ModelCard.from_document({**DOCUMENT, "calibration": {**TIERS, "bulk": bulk}})


def test_a_calibration_for_one_lane_only_is_wrong():
    with pytest.raises(ValueError, match=r"calibration .* bulk and interactive"):
        ModelCard.from_document({**DOCUMENT, "calibration": {"bulk": TIERS["bulk"]}})
