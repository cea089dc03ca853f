import pytest

from shared.domain.model_card import ModelCard

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


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": "1.0"}, "MAJOR.MINOR.PATCH"),
        ({"version": "01.0.0"}, "MAJOR.MINOR.PATCH"),
        ({"input": {"width": 0, "height": 32}}, "1 to 4096"),
        ({"input": {"width": 32, "height": 32, "resample": "magic"}}, "resample"),
        ({"input": {"width": 32}}, "height"),
        ({"calibration": {"temperature": 0}}, "temperature"),
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
