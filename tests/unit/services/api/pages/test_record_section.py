import re
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from services.api.pages.languages import LANGUAGES
from services.api.pages.record_section import record_section
from services.api.pages.view import View

OVERALL = {"value": 0.0307, "low": 0.027, "high": 0.0349, "n": 7330}
THRESHOLDS = {"likely_human": 0.2, "likely_ai": 0.8}


def found(images=140, called_ai=8, low=0.0293, high=0.1086, cap=0.1, **other):
    rate = round(called_ai / images, 4) if images else 0
    record = {"images": images, "owners": 12, "called_ai": called_ai, "rate": rate, "interval": [low, high]}
    return {"name": "illustration", "probability": 0.81, "familiar": True, "record": record, "cap": cap, **other}


def section(domain=None, language="en", card=None):
    result = {"thresholds": THRESHOLDS, "evidence": {"domain": domain} if domain else {}}
    job = SimpleNamespace(document=lambda: {"result": result})
    card = {"false_accusation_rate": OVERALL, "thresholds": THRESHOLDS} if card is None else card
    texts = LANGUAGES[language]
    return record_section(
        View(texts=texts, base="/r/x", address="", now=datetime(2026, 11, 22, tzinfo=UTC), job=job, card=card)
    )


def text_of(markup):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", markup)).replace("\N{NO-BREAK SPACE}", " ")


def test_it_shows_the_record_of_the_kind_instead_of_the_whole_one():
    text = text_of(section(found()))
    assert "The model takes this for an illustration. Of 140 such pictures by people it called 5.7 % AI" in text
    assert "(95 % interval 2.9 to 10.9 %)" in text
    assert "can be wrong" in text
    assert "owners: 12" in text
    assert "7,330" not in text


@pytest.mark.parametrize("domain", [None, found(images=29, called_ai=0)])
def test_where_the_kind_was_hardly_measured_the_whole_record_stands_in(domain):
    drawn = section(domain)
    assert "Of 7,330 pictures made by people" in text_of(drawn)
    assert "<svg" not in drawn


def test_a_card_without_a_rate_and_a_model_without_kinds_say_so():
    assert "states no rate" in text_of(section(card={}))


def test_korean_readers_read_it_in_korean():
    text = text_of(section(found(), "ko"))
    assert "일러스트로 봅니다" in text
    assert "허용 한도 10 %" in text
    assert re.search(r"[A-Za-z]{4,}", text) is None


def numbers(drawn, pattern):
    [numbers] = re.findall(pattern, drawn)
    return [float(number) for number in (numbers if isinstance(numbers, tuple) else (numbers,))]


def test_the_drawing_shows_share_interval_and_cap_on_one_scale():
    drawn = section(found(images=200, called_ai=10, low=0.02, high=0.1, cap=0.15))
    end = 0.2
    assert numbers(drawn, r'width="([\d.]+)" height="18" class="share"') == [380 * 0.05 / end]
    assert numbers(drawn, r'd="M([\d.]+) 33H([\d.]+)M') == [10 + 380 * 0.02 / end, 10 + 380 * 0.1 / end]
    assert numbers(drawn, r'd="M([\d.]+) 18v27"') == [10 + 380 * 0.15 / end]
    assert "5 %, 95 % interval 2 to 10 %. The policy allows 15 %." in drawn.replace("\N{NO-BREAK SPACE}", " ")
    assert "style=" not in drawn


@pytest.mark.parametrize("cap", [0, 0.02, 0.1, 0.2, 0.49, 0.5, 1])
@pytest.mark.parametrize("high", [0.01, 0.2, 0.35, 1])
def test_whatever_the_figures_are_nothing_lies_outside_the_drawing(cap, high):
    drawn = section(found(images=100, called_ai=int(100 * high), low=0, high=high, cap=cap))
    places = [float(x) for x in re.findall(r' x="([\d.]+)"', drawn)]
    places += [float(x) for path in re.findall(r' d="([^"]+)"', drawn) for x in re.findall(r"[MH]([\d.]+)", path)]
    assert places
    assert all(10 <= place <= 390 for place in places)
