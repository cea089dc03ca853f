"""What kind of picture a model takes a picture for, from the embedding that its score was made of."""

import io
import zipfile
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from shared.domain.domains import Domain, DomainView
from shared.domain.job import Lane
from shared.errors import ModelRefused
from shared.scoring.records import Records

DOMAINS = "domains.npz"
"""The file of a version directory that holds them."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, eq=False)
class Standard:
    """Embeddings in deviations: `centre` and `scale` float32 [D] of what was measured; no number counts for more than
    `bound` deviations.
    """

    centre: Floats
    scale: Floats
    bound: float

    def __call__(self, vectors: Floats) -> Floats:
        """Embeddings float32 [..., D] to as many numbers of deviation one."""
        bounded: Floats = np.clip((vectors - self.centre) / self.scale, -self.bound, self.bound)
        return bounded


@dataclass(frozen=True, kw_only=True, eq=False)
class DomainHead:
    """Multinomial logistic regression: `weight` float32 [D, K] and `bias` float32 [K] of the domains `names`; one whose
    probability is below its number of `least`, float32 [K], is not named.
    """

    names: tuple[Domain, ...]
    weight: Floats
    bias: Floats
    least: Floats

    def probabilities(self, standard: Floats) -> Floats:
        """Of each domain, float32 [..., K], for standardised embeddings float32 [..., D]."""
        logits = standard @ self.weight + self.bias
        rising = np.exp(logits - logits.max(-1, keepdims=True))
        shares: Floats = rising / rising.sum(-1, keepdims=True)
        return shares

    def named(self, probabilities: Floats) -> tuple[Domain, float]:
        """The likeliest domain and how likely it is, of float32 [K]; OTHER, and how likely all but the likeliest are,
        where that one is too unlikely to be named.
        """
        first = int(probabilities.argmax())
        likely = float(probabilities[first])
        return (self.names[first], likely) if likely >= self.least[first] else (Domain.OTHER, 1 - likely)


@dataclass(frozen=True, kw_only=True, eq=False)
class Range:
    """What a model was measured on: a picture whose distance is beyond `farthest` is unfamiliar. `reach`, float32 [D],
    none negative, says how much each number of an embedding counts, and adds up to 1.
    """

    reach: Floats
    farthest: float

    def distances(self, standard: Floats) -> Floats:
        """From the centre of what was measured, for standardised embeddings float32 [..., D]: float32 [...], the root
        of the mean square, in deviations.
        """
        far: Floats = np.sqrt((standard * standard) @ self.reach)
        return far


@dataclass(frozen=True, kw_only=True, eq=False)
class Domains:
    """Of one version."""

    standard: Standard
    head: DomainHead
    range: Range
    records: Records

    @classmethod
    def load(cls, content: bytes, size: int | None = None) -> "Domains":
        """From the bytes of a `domains.npz`, for embeddings of `size` numbers where that is known. Raises ModelRefused
        for a file that is none.
        """
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as archive:
                made = _read(dict(archive))
        except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as exc:
            raise ModelRefused(f"{DOMAINS} cannot be read: {exc}") from exc
        if size is not None and made.standard.centre.shape != (size,):
            raise ModelRefused(f"{DOMAINS} is for embeddings of {len(made.standard.centre)} numbers, not {size}")
        return made

    def view(self, embedding: Floats, lane: Lane, likely_ai: float) -> DomainView:
        """Of a picture's `embedding`, float32 [D], scored in `lane`, with the record at the threshold `likely_ai`."""
        standard = self.standard(embedding)
        domain, likely = self.head.named(self.head.probabilities(standard))
        return DomainView(
            domain=domain,
            probability=likely,
            record=self.records.of(lane, domain, likely_ai),
            familiar=bool(self.range.distances(standard) <= self.range.farthest),
        )


def _read(arrays: dict[str, NDArray[np.generic]]) -> Domains:
    names = tuple(Domain(name) for name in arrays["names"].tolist())
    size, few = len(arrays["centre"]), len(names)
    shapes = {
        "centre": (size,), "scale": (size,), "bound": (), "weight": (size, few), "bias": (few,), "least": (few,),
        "reach": (size,), "farthest": (),
    }  # fmt: skip
    numbers = {name: _floats(arrays[name], name, shape) for name, shape in shapes.items()}
    if not (numbers["scale"] > 0).all() or not (numbers["reach"] >= 0).all():
        raise ValueError("scale must be positive, and reach not negative")
    return Domains(
        standard=Standard(centre=numbers["centre"], scale=numbers["scale"], bound=float(numbers["bound"])),
        head=DomainHead(names=names, weight=numbers["weight"], bias=numbers["bias"], least=numbers["least"]),
        range=Range(reach=numbers["reach"], farthest=float(numbers["farthest"])),
        records=Records(
            lanes=arrays["record_lanes"].astype(np.str_),
            domains=arrays["record_domains"].astype(np.str_),
            owners=arrays["record_owners"].astype(np.int32),
            scores=_floats(arrays["record_scores"], "record_scores", arrays["record_scores"].shape),
        ),
    )


def _floats(array: NDArray[np.generic], name: str, shape: tuple[int, ...]) -> Floats:
    if array.dtype != np.float32 or array.shape != shape:
        raise ValueError(f"{name} is {array.dtype} {array.shape}, not float32 {shape}")
    numbers = array.astype(np.float32)
    if not np.isfinite(numbers).all():
        raise ValueError(f"{name} holds what is no number")
    return numbers
