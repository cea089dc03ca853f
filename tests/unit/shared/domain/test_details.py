"""A finding's details in words: known codes translated, all else shown as it is, nothing lost and nothing in braces."""

from dataclasses import fields

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.domain.detail_words import DetailWords
from shared.domain.details import rows, sentences
from shared.domain.finding_texts import ENGLISH, KOREAN, FindingTexts
from shared.domain.provenance import bounded
from shared.provenance import digital_source

BOTH = pytest.mark.parametrize("texts", [ENGLISH, KOREAN], ids=["en", "ko"])

MADE = {
    "action": "c2pa.created",
    "digital_source_type": "trainedAlgorithmicMedia",
    "software": "Adobe Firefly",
    "when": "2024-05-01T10:11:12.345Z",
}
COLOURED = {"action": "c2pa.color_adjustments"}


def said(details, texts=ENGLISH) -> dict[str, str]:
    return dict(rows(details, texts))


class TestActions:
    def test_they_are_told_one_after_the_other(self):
        assert said({"actions": [MADE, COLOURED]}) == {
            "Actions": "created (digital source: created by generative AI) by Adobe Firefly, 2024-05-01 10:11:12 UTC; "
            "then colours adjusted"
        }
        assert said({"actions": [MADE, COLOURED]}, KOREAN) == {
            "작업 내역": "생성(디지털 출처: 생성형 AI로 만듦), Adobe Firefly, 2024-05-01 10:11:12 UTC; 이어서 색 보정"
        }

    @BOTH
    def test_an_action_a_source_and_a_member_that_are_not_known_are_shown_as_they_are(self, texts):
        action = {"action": "com.example.glaze", "digital_source_type": "soup", "why": {"who": "me", "n": 2}}
        [text] = said({"actions": [action]}, texts).values()
        assert text.startswith("com.example.glaze")
        assert "soup" in text
        assert text.endswith(", why: (who: me, n: 2)")

    @BOTH
    @pytest.mark.parametrize("odd", [{"actions": "c2pa.created"}, {"actions": [["c2pa.created"]]}, {"actions": [7]}])
    def test_what_has_not_the_form_of_actions_is_shown_all_the_same(self, texts, odd):
        [text] = said(odd, texts).values()
        assert text in {"c2pa.created", "7"}

    def test_an_action_without_its_name_keeps_what_it_has(self):
        assert said({"actions": [{"software": "Paint", "when": None}]}) == {"Actions": "(Software: Paint, When: –)"}


class TestIngredients:
    def test_each_is_named_with_how_it_was_used(self):
        parent, logo = {"title": "a.jpg", "relationship": "parentOf"}, {"title": None, "relationship": "componentOf"}
        assert said({"ingredients": [parent, logo, {"title": "b.jpg"}]}) == {
            "Made from": "a.jpg (the picture that was worked on); untitled (placed into it); b.jpg"
        }

    def test_a_relationship_of_its_own_has_words_too(self):
        assert said({"relationship": "parentOf"}, KOREAN) == {"쓰인 방식": "작업의 바탕이 된 그림"}
        assert said({"relationship": "cousinOf"}) == {"How it was used": "cousinOf"}


class TestProblems:
    def test_a_failure_is_told_with_its_code(self):
        text = said({"problems": ["assertion.dataHash.mismatch", "assertion.new"]})["Problems"]
        assert text == "the file's bytes are not those that were signed (assertion.dataHash.mismatch); assertion.new"

    @BOTH
    def test_what_a_sentence_says_stands_in_no_row(self, texts):
        details = {
            "integrity": "broken",
            "signer": "trusted",
            "consistency": "odd",
            "contradictions": ["other_sides", 1],
        }
        assert [*sentences(details, texts)] == [
            texts.facts["integrity:broken"],
            texts.facts["signer:trusted:broken"],
            texts.facts["contradiction:other_sides"],
        ]
        assert said(details, texts) == {texts.details["consistency"]: "odd", texts.details["contradictions"]: "1"}


class TestValues:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            ("two\nlines", "two\nlines"),
            (7, "7"),
            (0.004, "0.004"),
            (True, "yes"),
            (None, "–"),
            ([], "–"),
            ({}, "–"),
            ([[{"deep": "a\nb"}]], "deep: a b"),
            ({"a": [1, 2], "b": {"c": True, "d": None}}, "a: (1; 2), b: (c: yes, d: –)"),
        ],
    )
    def test_any_form_has_words(self, value, text):
        assert said({"other": value}) == {"other": text}

    @pytest.mark.parametrize(
        ("time", "text"),
        [
            ("2024-05-01T10:11:12Z", "2024-05-01 10:11:12 UTC"),
            ("2024-05-01T10:11:12+00:00", "2024-05-01 10:11:12 UTC"),
            ("2024-05-01T10:11:12.9+09:00", "2024-05-01 10:11:12 +09:00"),
            ("last spring", "last spring"),
            ("2024-05-01T10:11:12Z and on", "2024-05-01T10:11:12Z and on"),
        ],
    )
    def test_a_time_is_one_only_where_it_is_whole(self, time, text):
        assert said({"signed_at": time}) == {"Signed at": text}
        assert said({"title": time}) == {"Title": time}

    def test_a_text_is_never_taken_for_one_of_ours_to_fill_in(self):
        action = {"action": "{code}", "software": "{agent} %s", "when": "{0}"}
        assert said({"actions": [action]}) == {"Actions": "{code} by {agent} %s, {0}"}


TEXT = st.text(st.characters(exclude_characters='{}[]"'), max_size=20)
SCALARS = st.none() | st.booleans() | st.integers(-9, 9**9) | TEXT
ANY = st.recursive(SCALARS, lambda each: st.lists(each, max_size=3) | st.dictionaries(TEXT, each, max_size=3))
NAMES = st.sampled_from([*ENGLISH.details]) | TEXT


def leaves(value):
    """What a person must find again: each text and number, wherever it stands."""
    if isinstance(value, dict):
        return [leaf for each in value.values() for leaf in leaves(each)]
    if isinstance(value, list):
        return [leaf for each in value for leaf in leaves(each)]
    return [] if value is None or isinstance(value, bool) else [str(value)]


@BOTH
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(details=st.dictionaries(NAMES, ANY, max_size=5))
def test_nothing_that_a_file_holds_is_lost_or_written_as_json(texts, details):
    kept = bounded(details)
    text = "\n".join([*sentences(kept, texts), *(f"{name}: {value}" for name, value in rows(kept, texts))])
    told = " ".join(text.split())
    words = {code for table in texts.words.codes.values() for code in table}
    facts = {code.partition(":")[2] for code in texts.facts}
    for leaf in leaves(kept):
        assert " ".join(leaf.split()) in told or leaf in words | facts
    assert not {*text} & {*'{}[]"'}


@BOTH
def test_each_source_that_makes_a_claim_has_words(texts):
    assert set(texts.words.codes["digital_source_type"]) == set(digital_source._CLAIMS)


def test_both_languages_have_words_for_the_same_codes_and_names():
    for field in fields(FindingTexts):
        ours, theirs = getattr(ENGLISH, field.name), getattr(KOREAN, field.name)
        if not isinstance(ours, DetailWords):
            assert set(ours) == set(theirs), field.name
    codes, others = ENGLISH.words.codes, KOREAN.words.codes
    assert {name: set(table) for name, table in codes.items()} == {name: set(table) for name, table in others.items()}
