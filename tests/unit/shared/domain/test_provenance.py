import json
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.provenance import (
    DETAIL_CHARACTERS,
    EDITED_WITH_AI,
    Claim,
    Finding,
    Kind,
    Strength,
    clean,
    settle,
    strongest,
)
from shared.domain.verdict import Verdict

ANY_TEXT = st.text(st.characters(codec=None), max_size=200)  # surrogates and control characters among them
HOSTILE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT | st.binary(max_size=20),
    lambda inner: st.lists(inner, max_size=60) | st.dictionaries(ANY_TEXT | st.integers(), inner, max_size=60),
    max_leaves=60,
)


def finding(claim: Claim = Claim.AI, strength: Strength = Strength.UNSIGNED, **details: object) -> Finding:
    return Finding(kind=Kind.C2PA, claim=claim, strength=strength, where="here", details=details)


def texts(value: object) -> list[str]:
    match value:
        case str():
            return [value]
        case dict():
            return [text for pair in value.items() for member in pair for text in texts(member)]
        case list():
            return [text for member in value for text in texts(member)]
    return []


@settings(deadline=None)
@given(details=st.dictionaries(ANY_TEXT, HOSTILE, max_size=60), where=ANY_TEXT)
def test_whatever_stands_in_a_file_leaves_json_that_every_reader_can_keep(details, where):
    made = Finding(kind=Kind.GENERATOR, claim=Claim.AI, strength=Strength.UNSIGNED, where=where, details=details)
    document = made.document()

    sent = json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
    assert json.loads(sent) == document
    assert Finding.from_document(json.loads(sent)) == made
    assert sum(map(len, texts(document["details"]))) <= DETAIL_CHARACTERS + 64
    for text in texts(document):
        assert all(character == "\n" or unicodedata.category(character) not in {"Cc", "Cs"} for character in text)


def test_details_of_any_depth_and_length_end():
    deep: list = []
    for _ in range(10_000):
        deep = [deep]
    made = finding(deep=deep, many={str(number): number for number in range(10_000)}, long="x" * 10_000_000)

    assert len(json.dumps(made.document())) < 10_000


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("\x1b[2J\x07", "\ufffd[2J\ufffd"),
        ("a\0b", "a\ufffdb"),
        ("half \ud800", "half \ufffd"),
        ("gpj.\u202eexe", "gpj.\ufffdexe"),
        ("two\nlines", "two\nlines"),
        ("등대 🙂", "등대 🙂"),
        ("x" * 3000, "x" * 1999 + "…"),
    ],
)
def test_what_steers_a_terminal_or_turns_a_line_is_replaced(text, kept):
    assert clean(text) == kept


@pytest.mark.parametrize("mark", "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
def test_each_mark_that_turns_a_line_is_replaced_wherever_it_stands(mark):
    assert clean(mark) == "\ufffd"
    assert clean(f"등대 {mark}1") == "등대 \ufffd1"


@pytest.mark.parametrize("number", [2**53 + 1, -(10**30), 10**5000], ids=["53 bits", "30 digits", "5000 digits"])
def test_a_number_that_a_reader_would_round_is_a_text(number):
    assert isinstance(finding(seed=number).details["seed"], str)


def test_no_crowd_of_weak_findings_hides_a_signature():
    kept = strongest([finding(), finding(strength=Strength.SIGNED)] * 20 + [finding(strength=Strength.SIGNED_TRUSTED)])
    assert [each.strength for each in kept] == [Strength.SIGNED_TRUSTED] + [Strength.SIGNED] * 15


@pytest.mark.parametrize("strength", [Strength.SIGNED, Strength.UNSIGNED])
@pytest.mark.parametrize("claim", Claim)
def test_what_is_not_signed_and_trusted_settles_nothing(claim, strength):
    assert settle([finding(claim, strength)]) is None


@pytest.mark.parametrize(
    ("claim", "settled"),
    [
        (Claim.AI, (Verdict.LIKELY_AI, ())),
        (Claim.CAMERA, (Verdict.LIKELY_HUMAN, ())),
        (Claim.EDITED_WITH_AI, (Verdict.UNCERTAIN, (EDITED_WITH_AI,))),
        (Claim.EDITED, None),
    ],
)
def test_a_trusted_signature_settles_what_it_claims(claim, settled):
    assert settle([finding(Claim.CAMERA), finding(claim, Strength.SIGNED_TRUSTED)]) == settled


@pytest.mark.parametrize("member", ["kind", "claim", "strength"])
def test_a_document_of_unknown_words_is_no_finding(member):
    with pytest.raises(ValueError, match="is not a valid"):
        Finding.from_document({**finding().document(), member: "certain"})
