import pytest

from services.api.pages.languages import choose


@pytest.mark.parametrize(
    ("asked", "accepted", "spoken"),
    [
        (None, "", "en"),
        (None, "ko-KR,ko;q=0.9,en-US;q=0.8", "ko"),
        (None, "en-GB,en;q=0.9,ko;q=0.8", "en"),
        (None, "fr-FR, ko;q=0.2, en;q=0.1", "ko"),
        (None, "ko;q=0, en;q=0.1", "en"),
        (None, "de, *;q=0.5", "en"),
        (None, "ko;q=nonsense", "ko"),
        (None, "," * 5000 + "ko", "en"),
        ("ko", "en", "ko"),
        ("en", "ko", "en"),
        ("xx", "ko", "ko"),
    ],
)
def test_the_language_is_the_one_asked_for_or_the_one_liked_best(asked, accepted, spoken):
    assert choose(asked, accepted).code == spoken
