import json

import pytest

pytest.importorskip("onnx")

from services.retrainer.versions.card_text import markdown
from shared import scoring

LEAST = {"name": "tiny", "version": "1.0.0", "thresholds": {}, "range": {"statement": "Only 32 px."}}


def test_a_card_of_the_least_is_still_a_page():
    page = markdown(LEAST)
    assert page.startswith("# tiny 1.0.0\n")
    assert "`likely_ai` from 0.8, `likely_human` to 0.2" in page
    assert "Only 32 px." in page


def test_the_shipped_card_for_a_person_tells_limits_data_and_figures_and_stays_short():
    directory = scoring.shipped()[-1]
    card = json.loads((directory / "card.json").read_text())
    page = markdown(card)
    assert (directory / "card.md").read_text() == page
    assert all(f"- {limit}" in page for limit in card["limits"])
    assert "| matched, interactive | 0.757 (0.696 to 0.814) | 3.1% (1.3% to 5.4%) |" in page
    assert "called likely AI: 3.1% (1.3% to 5.4%) of 3,665 by 72 owners." in page
    assert f"{card['parameters']:,} parameters" in page
    assert "It never names painting, render, graphic" in page
    assert "| portrait | 22 of 165, 24 owners" in page
    assert len(page) < 8000
