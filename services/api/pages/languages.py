"""Which language a page speaks."""

from services.api.pages.english import ENGLISH
from services.api.pages.korean import KOREAN
from services.api.pages.texts import Texts

LANGUAGES = {texts.code: texts for texts in (ENGLISH, KOREAN)}


def choose(asked: str | None, accept_language: str) -> Texts:
    """The language asked for, else the one that the browser likes best (RFC 9110, section 12.5.4), else English."""
    if asked in LANGUAGES:
        return LANGUAGES[asked]
    liked = []
    for place, part in enumerate(accept_language.split(",")[:20]):
        name, _, weight = part.partition(";")
        code = name.strip().lower().partition("-")[0]
        if code in LANGUAGES:
            liked.append((-_weight(weight), place, code))
    return LANGUAGES[min(liked)[2]] if liked else ENGLISH


def _weight(text: str) -> float:
    try:
        return min(1.0, max(0.0, float(text.strip().removeprefix("q=") or 1)))
    except ValueError:
        return 0.0
