import json

import pytest

from shared.errors import ModelRefused
from shared.scoring.card import CARD_KEY, read_card

DOCUMENT = {
    "name": "tiny",
    "version": "1.2.3",
    "input": {"width": 4, "height": 4, "resample": "bicubic"},
    "calibration": {"temperature": 1.5, "bias": -0.25},
    "thresholds": {"likely_human": 0.2, "likely_ai": 0.8},
    "range": {"min_side": 4, "max_side": 4, "statement": "Only 4 × 4 px."},
}
TEXT = json.dumps(DOCUMENT)


def test_the_card_is_read_from_the_onnx_metadata():
    card = read_card({CARD_KEY: TEXT}, json.dumps(DOCUMENT, indent=2).encode())
    assert card.version == "1.2.3"
    assert card.document == DOCUMENT


@pytest.mark.parametrize(
    ("inside", "beside", "message"),
    [
        ({}, TEXT, "holds no card"),
        ({CARD_KEY: TEXT}, TEXT.replace("0.8", "0.9"), r"card\.json is not the card"),
        ({CARD_KEY: "{"}, TEXT, "cannot be read"),
        ({CARD_KEY: TEXT}, "{", "cannot be read"),
        ({CARD_KEY: "[]"}, "[]", "cannot be read"),
        ({CARD_KEY: '{"version": "1.0.0"}'}, '{"version": "1.0.0"}', "'name' is missing"),
    ],
)
def test_a_missing_other_or_damaged_card_is_refused(inside, beside, message):
    with pytest.raises(ModelRefused, match=message):
        read_card(inside, beside.encode())
