"""Whether the score survives other forms of the picture, in a sentence, for `jinwi verify --evidence full`."""

from jinwi.results.evidence import Stability
from jinwi.texts.language import Language


def line(stability: Stability | None, language: Language) -> str:
    if stability is None:
        return language.stability_unknown
    text = language.stable if stability.flips == 0 else language.flips
    low, high = (language.percents(probability)[0] for probability in (stability.low, stability.high))
    return text.format(n=stability.n, low=low, high=high, flips=stability.flips)
