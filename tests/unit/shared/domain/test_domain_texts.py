import re
from dataclasses import fields, replace

import pytest

from shared.domain.domain_texts import ENGLISH, KOREAN, DomainTexts, per_cent, sentences
from shared.domain.domains import Domain, DomainView, Record

RECORD = Record(images=140, owners=12, called_ai=8, low=0.0293, high=0.1086)
VIEW = DomainView(domain=Domain.ILLUSTRATION, probability=0.8123, record=RECORD)


def said(view, texts):
    return list(sentences(view.document(), texts, per_cent))


def test_it_says_the_kind_and_the_record_there():
    assert said(VIEW, ENGLISH) == [
        "The model takes this for an illustration.",
        "Of 140 such pictures by people it called 5.7 % AI (95 % interval 2.9 to 10.9 %).",
    ]
    assert said(VIEW, KOREAN) == [
        "모델은 이 그림을 일러스트로 봅니다.",
        "이런 종류의 사람 작품 140점 가운데 5.7 %를 AI로 보인다고 했습니다(95 % 신뢰 구간 2.9~10.9 %).",
    ]


@pytest.mark.parametrize("texts", [ENGLISH, KOREAN])
def test_how_sure_the_head_is_is_not_said_for_it_is_not_calibrated(texts):
    assert said(VIEW, texts) == said(replace(VIEW, probability=0.2), texts)


@pytest.mark.parametrize("texts", [ENGLISH, KOREAN])
def test_of_too_few_pictures_it_says_no_share(texts):
    few = replace(VIEW, record=replace(RECORD, images=29, called_ai=0))
    assert said(few, texts)[1] == texts.unmeasured.format(n=29)
    assert "5.7" not in said(few, texts)[1]


@pytest.mark.parametrize("texts", [ENGLISH, KOREAN])
def test_it_says_what_it_cannot_tell(texts):
    assert said(replace(VIEW, domain=Domain.OTHER), texts)[0] == texts.taken_for[Domain.OTHER]
    assert said(replace(VIEW, familiar=False), texts)[-1] == texts.unfamiliar


@pytest.mark.parametrize("texts", [ENGLISH, KOREAN])
def test_each_kind_has_a_name_and_a_sentence(texts):
    assert set(texts.names) == set(texts.taken_for) == set(Domain)
    assert len(set(texts.names.values())) == len(set(texts.taken_for.values())) == len(Domain)


def test_a_kind_that_only_a_newer_server_knows_is_shown_as_it_is():
    newer = {**VIEW.document(), "name": "hologram"}
    assert next(sentences(newer, ENGLISH, per_cent)) == "hologram"


@pytest.mark.parametrize("name", [field.name for field in fields(DomainTexts)])
def test_both_languages_have_the_same_gaps(name):
    def gaps(text):
        return {key: gaps(one) for key, one in text.items()} if not isinstance(text, str) else set(GAP.findall(text))

    assert gaps(getattr(ENGLISH, name)) == gaps(getattr(KOREAN, name))


GAP = re.compile(r"\{(\w+)\}")
