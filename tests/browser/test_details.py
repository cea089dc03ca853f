"""The page at `/` puts the details of a finding into the words that the page of a result and the terminal have."""

import pytest

from shared.domain import details, finding_texts
from tests.browser.pages import DESK, LANGUAGES

TEXTS = {"en": finding_texts.ENGLISH, "ko": finding_texts.KOREAN}

MADE = {
    "action": "c2pa.created",
    "digital_source_type": "trainedAlgorithmicMedia",
    "software": "GPT-4o $& $1 {agent} <b>",
    "when": "2024-05-01T10:11:12.345+09:00",
    "why": ["a\nb", {"deep": None, "sure": True}],
}
CASES = [
    {
        "actions": [
            MADE,
            {"action": "c2pa.glaze"},
            {"software": None, "when": "c2pa.created"},
            {"action": None},
            ["x"],
            7,
        ]
    },
    {"actions": [], "ingredients": {}, "problems": "constructor", "constructor": ["toString"], "toString": "__proto__"},
    {"ingredients": [{"title": "a.jpg", "relationship": "parentOf", "n": 1}, {"title": None}, {"relationship": "new"}]},
    {
        "integrity": "broken",
        "signer": "trusted",
        "revocation": "checked",
        "contradictions": ["other_sides", "odd", "new"],
    },
    {"integrity": "intact", "signer": "trusted", "generator": "ComfyUI", "contradictions": ["other_sides"]},
    {"contradictions": "other_sides", "generator": "AUTOMATIC1111 or a relative of it", "consistency": "consistent"},
    {
        "prompt": "two\nlines  here",
        "seed": 7,
        "f_number": 2.8,
        "other": [[{"deep": "a\nb"}], [1, 2], False],
        " a\nb ": None,
    },
    {"signed_at": "2024-05-01T10:11:12Z", "taken": "2024-05-01T10:11:12Z", "when": "2024-05-01T10:11:12+00:00\n"},
]


def codes(texts) -> list[dict]:
    """Each code where it stands: in an action, an ingredient, a list or by itself."""
    table = texts.words.codes
    return [
        {"actions": [{"action": code} for code in table["action"]], "problems": [*table["problems"]]},
        {"ingredients": [{"title": "a", "relationship": code} for code in table["relationship"]]},
        *({name: code} for name, known in table.items() for code in known),
        *({name: "value"} for name in texts.details),
    ]


@pytest.fixture
def told(visit):
    def ask(cases, locale):
        page = visit("/", DESK, locale)
        return page.evaluate("(cases) => cases.map((each) => [detailSentences(each), detailRows(each)])", cases)

    return ask


@LANGUAGES
def test_it_tells_every_form_of_details_as_the_others_do(told, locale):
    texts = TEXTS[locale[:2]]
    cases = CASES + codes(texts)
    for case, (sentences, rows) in zip(cases, told(cases, locale), strict=True):
        assert sentences == [*details.sentences(case, texts)], case
        assert [tuple(row) for row in rows] == [*details.rows(case, texts)], case
