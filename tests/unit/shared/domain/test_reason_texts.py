from dataclasses import replace

import pytest

from shared.domain import domain_texts
from shared.domain.domain_texts import per_cent
from shared.domain.domains import Domain, DomainView, Record
from shared.domain.reason_texts import KOREAN, OF_KINDS, reason
from shared.domain.verdict import Thresholds

RECORD = Record(images=1650, owners=12, called_ai=220, low=0.0612, high=0.2123)
POOR = DomainView(domain=Domain.PORTRAIT, probability=0.4, record=RECORD)
FEW = replace(POOR, record=replace(RECORD, images=12, called_ai=2))


def held(view, cap):
    """What the service says of a view, and what a Korean reader is told."""
    [given] = view.reasons(0.95, Thresholds(), cap)
    found = {**view.document(), "cap": cap}
    return given.detail, reason(given.code, KOREAN, found, domain_texts.KOREAN, per_cent)


def test_a_korean_reader_gets_each_figure_that_the_service_gives():
    english, korean = held(POOR, 0.125)
    for figure in ("1,650", "13.3 %", "12.5 %"):
        assert figure in english
        assert figure in korean
    assert korean.startswith("모델은 이 그림을 인물 사진으로 봅니다. 이런 종류의 사람 작품 1,650점 가운데 13.3 %를")
    english, korean = held(FEW, 0.1)
    assert "fewer than 30" in english
    assert "(12)" in english
    assert "30점도 안 되어(12점)" in korean


def test_without_the_figures_the_service_speaks_for_itself():
    assert all(reason(code, KOREAN, None, domain_texts.KOREAN, per_cent) is None for code in OF_KINDS)


@pytest.mark.parametrize("code", sorted(KOREAN.keys() - OF_KINDS))
def test_what_is_said_of_no_kind_needs_no_figures(code):
    assert reason(code, KOREAN, None, domain_texts.KOREAN, per_cent) == KOREAN[code]
    assert "{" not in KOREAN[code]


def test_a_code_without_a_text_has_none():
    assert reason("brand_new", KOREAN, None, domain_texts.KOREAN, per_cent) is None
    assert reason("domain_record", {}, {**POOR.document(), "cap": 0.1}, domain_texts.ENGLISH, per_cent) is None


def test_a_kind_that_only_a_newer_server_knows_is_shown_as_it_is():
    found = {**POOR.document(), "name": "hologram", "cap": 0.1}
    assert reason("domain_record", KOREAN, found, domain_texts.KOREAN, per_cent).startswith("hologram 이런 종류의")
