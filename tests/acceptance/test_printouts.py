"""What docs/explanation/evidence.md prints is what `jinwi verify --evidence full` prints, from a whole system."""

import pytest

from tests.provenance.printouts import LANGUAGES, TITLES, files, kept, printouts, same


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_on_evidence_shows_what_is_printed(service, tmp_path, language):
    printed = printouts(service.url, service.key, tmp_path, language)
    shown = kept()[language]
    assert shown.keys() == printed.keys() == files().keys() == TITLES.keys()
    for name, text in printed.items():
        assert same(text) == same(shown[name]), "write the page anew: python -m tests.provenance.printouts"
        assert all(character.isprintable() or character == "\n" for character in text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_signed_and_the_tampered_file_are_told_apart(language):
    """That a changed file is no better than an unsigned one has to stand in its own printout."""
    signed, tampered = (kept()[language][name] for name in ("signed.jpg", "tampered.jpg"))
    told = {
        "en": ("faking it takes that signer's key", "counts as unsigned"),
        "ko": ("그 서명자의 키", "것으로 봅니다"),
    }
    whole, broken = told[language]
    assert (whole in signed, broken in signed) == (True, False)
    assert (whole in tampered, broken in tampered) == (False, True)
