"""The changelog as people read it."""

import re

from jinwi.texts.korean import KOREAN
from shared.domain.changelog import ENGLISH, markdown

ENTRY = {
    "version": "1.2.0",
    "name": "jinwi-cnn",
    "status": "published",
    "at": "2026-11-21T09:00:00+00:00",
    "origin": "trained",
    "description": None,
    "signed_by": "ab" * 32,
    "imported_by": None,
    "run": {
        "id": "019a0b8e-6f5c-7c3e-9f52-3d6c4f1f2a10",
        "mode": "head",
        "parent": "1.1.0",
        "harvest": {"considered": 1200, "admitted": 150, "refused": {"low_posterior": 1000, "quarantine": 50}},
        "snapshot": {"samples": 150, "gold": 900, "manifest": "x"},
    },
    "gate": {
        "passed": True,
        "rulings": [
            {
                "name": "partial_auroc",
                "passed": True,
                "value": 0.0123456,
                "limit": -0.02,
                "low": 0.001,
                "high": None,
                "detail": "Against the champion.",
                "weight": "primary",
            },
            {"name": "guard_uses", "passed": False, "value": 21, "limit": 20, "detail": "", "weight": "notice"},
        ],
    },
    "moves": [
        {
            "at": "2026-11-22T10:00:00+00:00",
            "before": "shadow",
            "after": "canary",
            "by": None,
            "why": "agreed",
            "numbers": {"psi": 0.0312345},
        },
        {"at": "2026-11-23T10:00:00Z", "before": None, "after": "champion", "by": "kim", "why": None, "numbers": {}},
    ],
}


def test_an_entry_says_how_it_was_made_what_the_gate_said_and_who_moved_it():
    assert (
        markdown([ENTRY])
        == f"""# Changelog of versions

## 1.2.0 · jinwi-cnn · 2026-11-21

Trained here: mode head, from 1.1.0, run 019a0b8e-6f5c-7c3e-9f52-3d6c4f1f2a10.

Harvest: 1,200 considered, 150 admitted. Refused: low\\_posterior 1,000, quarantine 50.

Trained on: samples 150, gold 900.

Signed by the key {"ab" * 32}.

The gate let it through.

- **partial\\_auroc**: passed, 0.01235 (0.001 to –), limit -0.02. Against the champion.
- **guard\\_uses**: notice, 21, limit 20

On the way:

- 2026-11-22: shadow → canary, by itself: agreed (psi 0.03123)
- 2026-11-23: – → champion, by kim
"""
    )


def test_a_refused_candidate_stands_there_too():
    refused = ENTRY | {"status": "refused", "version": None, "signed_by": None, "moves": []}
    refused["gate"] = {"passed": False, "rulings": [ENTRY["gate"]["rulings"][0] | {"passed": False}]}
    said = markdown([refused])
    assert "## a candidate · refused · 2026-11-21" in said
    assert "**partial\\_auroc**: FAILED" in said
    assert "Unsigned" not in said


def test_a_version_that_never_went_on_its_way_says_why():
    ended = ENTRY | {"run": ENTRY["run"] | {"detail": "It was judged against 1.1.0, and 1.0.0 is champion now."}}
    assert "and 1.0.0 is champion now." in markdown([ended | {"moves": []}])
    assert "is champion now." not in markdown([ended])


def test_what_others_wrote_stays_text():
    said = markdown([ENTRY | {"name": "<script>\n# [x](javascript:y)", "run": None, "origin": "shipped"}])
    assert "## 1.2.0 · \\<script\\> \\# \\[x\\](javascript:y) · 2026-11-21" in said


def test_without_a_version_that_is_said():
    assert "No version is registered" in markdown([])


def test_each_text_has_the_same_names_in_korean():
    assert KOREAN.changelog.keys() == ENGLISH.keys()
    for name, text in ENGLISH.items():
        assert set(re.findall(r"{(\w+)", KOREAN.changelog[name])) == set(re.findall(r"{(\w+)", text)), name
    assert "심사를 통과했습니다." in markdown([ENTRY], KOREAN.changelog)


def test_a_rule_that_could_not_be_judged_says_so_whatever_followed():
    unjudged = {"name": "canary", "value": None, "limit": None, "detail": "No canary.", "judged": False}
    said = [unjudged | {"passed": True}, unjudged | {"passed": False}]
    entry = ENTRY | {"gate": {"passed": False, "rulings": said}}
    assert "**canary**: passed, not judged. No canary." in markdown([entry])
    assert "**canary**: FAILED, not judged. No canary." in markdown([entry])
    assert "**canary**: 탈락, 심사하지 못함. No canary." in markdown([entry], KOREAN.changelog)
