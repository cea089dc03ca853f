"""From the kinds that collections and people write down to the domains that are told apart."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from shared.domain.domains import Domain

KINDS: Mapping[str, Domain] = {
    "photo": Domain.PHOTOGRAPH,
    "product": Domain.PHOTOGRAPH,
    "satellite": Domain.PHOTOGRAPH,
    "portrait": Domain.PORTRAIT,
    "painting": Domain.PAINTING,
    "museum": Domain.PAINTING,
    "illustration": Domain.ILLUSTRATION,
    "anime": Domain.ILLUSTRATION,
    "sketch": Domain.ILLUSTRATION,
    "comic": Domain.ILLUSTRATION,
    "render3d": Domain.RENDER,
    "render": Domain.RENDER,
    "graphic": Domain.GRAPHIC,
    "pixel": Domain.GRAPHIC,
    "vector": Domain.GRAPHIC,
    "screenshot": Domain.SCREENSHOT,
    "scan": Domain.SCREENSHOT,
    "other": Domain.OTHER,
}
"""The words of docs/data/README.md, and those of the domains themselves."""

TOLD = tuple(domain for domain in Domain if domain is not Domain.OTHER)
"""What a head can name. OTHER has no look of its own: it is what the head is not sure of."""


def domains_of(kinds: NDArray[np.str_]) -> NDArray[np.str_]:
    """The domain of each kind, [N]; "" for one that is not said, or that nobody here has heard of."""
    words, member = np.unique(kinds, return_inverse=True)
    told = [KINDS.get(word.lower(), Domain.__members__.get(word.upper(), "")) for word in words.tolist()]
    return np.array([str(domain) for domain in told], np.str_)[member] if told else np.empty(0, np.str_)
