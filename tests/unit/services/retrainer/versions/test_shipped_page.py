import json
import re

from services.retrainer.versions import shipped_page
from services.retrainer.versions.shipped_page import PAGE, newest, page
from shared import scoring

CARD = json.loads((scoring.shipped()[-1] / "card.json").read_text(encoding="utf-8"))


def test_the_page_is_that_of_the_newest_shipped_card():
    assert PAGE.read_text(encoding="utf-8") == newest(), "run `make reference`"


def test_it_lists_every_kind_and_every_owner_of_sixty_with_their_intervals():
    text = newest()
    measured = CARD["metrics"]["matched, interactive"]
    for group in [*measured["false_likely_ai_by_kind"], *measured["false_likely_ai_by_owner_of_60"]]:
        low, high = (f"{100 * group['rate'][end]:.1f}%" for end in ("low", "high"))
        assert re.search(rf"^\| {re.escape(group['name'])} \| .*\({low} to {high}\) \|$", text, re.MULTILINE), group


def test_what_it_must_not_be_used_for_and_how_it_was_made_stand_there():
    text = newest()
    assert all(f"- {limit}" in text for limit in CARD["limits"])
    assert f"- command: `{CARD['training']['command']}`" in text


def test_a_score_under_another_share_is_that_of_bayes_rule():
    assert "a score of 0.8 means 4% where one picture in a hundred" in newest()
    text = page({**CARD, "prior": 0.2})
    assert "s / (1 − s) × 4\n" in text
    assert "a score of 0.8 means 14% where one picture in a hundred" in text


def test_a_measure_without_groups_is_left_out():
    metrics = {"test": {"roc_auc": 0.9}, "chosen": {}}
    assert (
        "owners left out" not in page({**CARD, "metrics": metrics}).split(shipped_page.HEAD)[1].split("## Another")[1]
    )
