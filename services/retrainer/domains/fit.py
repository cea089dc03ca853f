"""The head that tells domains apart, fitted on embeddings, and what it says of owners that it never saw."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from services.retrainer.data.samples import Dataset, Sample
from services.retrainer.data.split import folds
from services.retrainer.domains.labels import TOLD, domains_of
from services.retrainer.versions.embedded import Embedded
from services.retrainer.versions.owner_folds import owner_folds
from shared.domain.domains import Domain
from shared.errors import ConfigurationError
from shared.scoring.domains import DomainHead, Standard

Floats = NDArray[np.float32]
Strings = NDArray[np.str_]
Ints = NDArray[np.int64]
Doubles = NDArray[np.float64]

BOUND = 10.0
"""Deviations that no number of an embedding counts for more than: in a blank picture some stand at a hundred."""

PENALTIES = (1.0, 0.3, 0.1)
"""Of the squared weights against the mean loss; the strongest first, each fit going on from the one before."""

OWNER_POWER = 0.5
"""An owner counts within a domain as the square root of its pictures does: neither one collection of hundreds nor a
single picture shall decide."""

SHARE_POWER = 0.5
"""Fitted as if all domains were alike frequent, a head is then moved this far towards their shares among what it knows:
0 would call one photograph in two something rarer, 1 would call nearly everything a photograph."""

STEPS = 40
"""Of L-BFGS, for each penalty."""

INNER_FOLDS = 3


@dataclass(frozen=True, kw_only=True, eq=False)
class Telling:
    """A head and what it reads embeddings with; `penalty` is the one that its own owners chose."""

    standard: Standard
    head: DomainHead
    penalty: float

    def __call__(self, vectors: Floats) -> Floats:
        """The probability of each of TOLD for embeddings float32 [N, D]: float32 [N, len(TOLD)]."""
        said = np.zeros((len(vectors), len(TOLD)), np.float32)
        said[:, [TOLD.index(name) for name in self.head.names]] = self.head.probabilities(self.standard(vectors))
        return said


@dataclass(frozen=True, kw_only=True, eq=False)
class LeftOut:
    """Heads that each know all owners but those of one fold; `fold_of` says which."""

    parts: Sequence[Telling]
    fold_of: Mapping[str, int]

    def __call__(self, vectors: Floats, owners: Strings) -> Floats:
        """As a head that never saw the owner says, float32 [N, len(TOLD)]; raises KeyError for an owner of no fold."""
        said = np.zeros((len(vectors), len(TOLD)), np.float32)
        fold = np.array([self.fold_of[owner] for owner in owners.tolist()], np.int64)
        for number, telling in enumerate(self.parts):
            said[fold == number] = telling(vectors[fold == number])
        return said


def fit(rows: Embedded) -> Telling:
    """On all `rows` whose kind is a domain that can be told. Raises ConfigurationError where there are not two."""
    domains = domains_of(rows.kinds)
    known = np.isin(domains, [domain.value for domain in TOLD])
    vectors, domains, owners = rows.vectors[known], domains[known], rows.owners[known]
    if len(np.unique(domains)) < 2:
        raise ConfigurationError("telling domains apart takes pictures of at least two of them, their kinds being said")
    penalty = _chosen(vectors, domains, owners)
    standard = standard_of(vectors)
    *_, head = _heads(standard(vectors), domains, owners, [each for each in PENALTIES if each >= penalty])
    return Telling(standard=standard, head=_moved(head, domains), penalty=penalty)


def fit_left_out(rows: Embedded) -> LeftOut | None:
    """The same for every fold of owners left out; None where there are too few owners or domains for that."""
    fold = owner_folds(rows)
    if fold is None:
        return None
    try:
        parts = [fit(rows.rows(fold != number)) for number in range(int(fold.max()) + 1)]
    except ConfigurationError:
        return None
    return LeftOut(parts=parts, fold_of=dict(zip(rows.owners.tolist(), fold.tolist(), strict=True)))


def _moved(head: DomainHead, domains: Strings) -> DomainHead:
    """Towards the shares of `domains`, [N]."""
    counts = np.array([(domains == name.value).sum() for name in head.names])
    shift = SHARE_POWER * np.log(counts / counts.sum())
    return replace(head, bias=(head.bias + shift).astype(np.float32))


def standard_of(vectors: Floats) -> Standard:
    """By mean and deviation of embeddings float32 [N, D]."""
    scale = np.maximum(vectors.std(0), np.float32(1e-6))
    return Standard(centre=vectors.mean(0), scale=scale, bound=BOUND)


def balanced(domains: Strings, owners: Strings) -> Doubles:
    """How much each row counts, float64 [N], 1 on average: all domains alike, within one each owner by OWNER_POWER."""
    counts = np.zeros(len(domains))
    for domain in np.unique(domains):
        rows = np.flatnonzero(domains == domain)
        _, member, sizes = np.unique(owners[rows], return_inverse=True, return_counts=True)
        shares = (sizes ** (OWNER_POWER - 1.0))[member]
        counts[rows] = shares / shares.sum()
    each: Doubles = counts * (len(counts) / counts.sum())
    return each


def _chosen(vectors: Floats, domains: Strings, owners: Strings) -> float:
    """The penalty with the least loss on owners left out of `vectors`; the strongest where there are too few owners."""
    part = _parts(domains, owners)
    if part is None:
        return PENALTIES[0]
    losses = np.zeros(len(PENALTIES))
    for number in range(INNER_FOLDS):
        seen = part != number
        own = standard_of(vectors[seen])
        counts = balanced(domains[~seen], owners[~seen])
        inputs = own(vectors[~seen])
        for place, head in enumerate(_heads(own(vectors[seen]), domains[seen], owners[seen], PENALTIES)):
            losses[place] += _loss(head.probabilities(inputs), head.names, domains[~seen], counts)
    return PENALTIES[int(losses.argmin())]


def _parts(domains: Strings, owners: Strings) -> Ints | None:
    """A fold for each row, that parts no owner; None where there are too few of them."""
    kinds = zip(domains.tolist(), owners.tolist(), strict=True)
    # Any two classes do: those of the most frequent domain, and the others.
    names, sizes = np.unique(domains, return_counts=True)
    most = names[sizes.argmax()]
    samples = [
        Sample(name=str(row), label=int(domain == most), owner=owner, kind=domain, read=bytes)
        for row, (domain, owner) in enumerate(kinds)
    ]
    try:
        return folds(Dataset("domains", samples), INNER_FOLDS, seed=1)
    except ConfigurationError:
        return None


def _heads(inputs: Floats, domains: Strings, owners: Strings, penalties: Sequence[float]) -> list[DomainHead]:
    """One for each penalty: balanced cross-entropy and `penalty` times the squared weights, by L-BFGS."""
    told = tuple(domain for domain in TOLD if (domains == domain.value).any())
    truths = (domains[:, None] == np.array([domain.value for domain in told])).astype(np.float32)
    counts = (balanced(domains, owners) / len(domains)).astype(np.float32)[:, None]
    shape = (inputs.shape[1] + 1, len(told))
    found = np.zeros(shape)
    heads = []
    for penalty in penalties:

        def loss(flat: Doubles, penalty: float = penalty) -> tuple[float, Doubles]:
            weight, bias = np.split(flat.reshape(shape).astype(np.float32), [-1])
            logs = _log_shares(inputs @ weight + bias)
            slopes = counts * (np.exp(logs) - truths)
            gradient = np.vstack([inputs.T @ slopes + 2 * penalty * weight, slopes.sum(0)])
            return float(penalty * (weight**2).sum() - (counts * truths * logs).sum()), gradient.ravel().astype(float)

        found = minimize(loss, found.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": STEPS}).x.reshape(shape)
        weight, bias = np.split(found.astype(np.float32), [-1])
        heads.append(DomainHead(names=told, weight=weight, bias=bias[0], least=np.zeros(len(told), np.float32)))
    return heads


def _log_shares(logits: Floats) -> Floats:
    """Logarithms of the softmax, float32 [N, K]."""
    logits = logits - logits.max(1, keepdims=True)
    shares: Floats = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    return shares


def _loss(probabilities: Floats, names: tuple[Domain, ...], domains: Strings, counts: Doubles) -> float:
    """Mean negative log-likelihood; a domain that the head does not know was as unlikely as can be said."""
    column = {domain.value: place for place, domain in enumerate(names)}
    given = np.array(
        [row[column[domain]] if domain in column else 0 for row, domain in zip(probabilities, domains, strict=True)]
    )
    return float(np.average(-np.log(np.maximum(given, 1e-6)), weights=counts))
