"""The head that tells domains apart, fitted on embeddings, and what it says of owners that it never saw."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from services.retrainer.domains.labels import TOLD, domains_of
from services.retrainer.embedded import Embedded
from services.retrainer.recalibrate import owner_folds
from services.retrainer.samples import Dataset, Sample
from services.retrainer.split import folds
from shared.domain.domains import Domain
from shared.errors import ConfigurationError
from shared.scoring.domains import DomainHead, Standard

Floats = NDArray[np.float32]
Strings = NDArray[np.str_]
Ints = NDArray[np.int64]

BOUND = 10.0
"""Deviations that no number of an embedding counts for more than: in a blank picture some stand at a hundred."""

PENALTIES = (0.1, 0.03, 0.01, 0.003)
"""Of the squared weights against the mean loss; the strongest first, each fit going on from the one before."""

OWNER_POWER = 0.5
"""An owner counts within a domain as the square root of its pictures does: neither one collection of hundreds nor a
single picture shall decide."""

STEPS = 200
INNER_FOLDS = 3


@dataclass(frozen=True, kw_only=True, eq=False)
class Fitted:
    """A head for all, and of every row the probability of each of TOLD by one that never saw the row's owner, float32
    [N, K]; None where there are too few owners for that.
    """

    standard: Standard
    head: DomainHead
    penalty: float
    left_out: Floats | None


def fit(rows: Embedded) -> Fitted:
    """On all `rows` whose kind is a domain that can be told. Raises ConfigurationError where there are not two."""
    domains = domains_of(rows.kinds)
    standard, head, penalty = fitted(rows.vectors, domains, rows.owners)
    fold = owner_folds(rows)
    if fold is None:
        return Fitted(standard=standard, head=head, penalty=penalty, left_out=None)
    said = np.zeros((len(rows), len(TOLD)), np.float32)
    for part in range(int(fold.max()) + 1):
        seen = fold != part
        own, without, _ = fitted(rows.vectors[seen], domains[seen], rows.owners[seen])
        columns = [TOLD.index(name) for name in without.names]
        said[np.ix_(~seen, columns)] = without.probabilities(own(rows.vectors[~seen]))
    return Fitted(standard=standard, head=head, penalty=penalty, left_out=said)


def fitted(vectors: Floats, domains: Strings, owners: Strings) -> tuple[Standard, DomainHead, float]:
    """A head for the domains of `vectors`, float32 [N, D], among TOLD, and the penalty that its own owners chose."""
    known = np.isin(domains, [domain.value for domain in TOLD])
    vectors, domains, owners = vectors[known], domains[known], owners[known]
    if len(np.unique(domains)) < 2:
        raise ConfigurationError("telling domains apart takes pictures of at least two of them, their kinds being said")
    penalty = _chosen(vectors, domains, owners)
    standard = standard_of(vectors)
    *_, head = _heads(standard(vectors), domains, owners, [each for each in PENALTIES if each >= penalty])
    return standard, head, penalty


def standard_of(vectors: Floats) -> Standard:
    """By mean and deviation of embeddings float32 [N, D]."""
    scale = np.maximum(vectors.std(0), np.float32(1e-6))
    return Standard(centre=vectors.mean(0), scale=scale, bound=BOUND)


def balanced(domains: Strings, owners: Strings) -> NDArray[np.float64]:
    """How much each row counts, float64 [N], 1 on average: all domains alike, within one each owner by OWNER_POWER."""
    counts = np.zeros(len(domains))
    for domain in np.unique(domains):
        rows = np.flatnonzero(domains == domain)
        _, member, sizes = np.unique(owners[rows], return_inverse=True, return_counts=True)
        shares = (sizes ** (OWNER_POWER - 1.0))[member]
        counts[rows] = shares / shares.sum()
    return counts * (len(counts) / counts.sum())


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
    """One for each penalty."""
    told = tuple(domain for domain in TOLD if (domains == domain.value).any())
    counts = balanced(domains, owners)
    order = np.array([domain.value for domain in told])
    line = LogisticRegression(max_iter=STEPS, tol=1e-3, warm_start=True)
    heads = []
    for penalty in penalties:
        line.set_params(C=1 / (2 * penalty * len(inputs)))
        line.fit(inputs, domains, sample_weight=counts.astype(np.float32))
        heads.append(_head(line, order, told))
    return heads


def _head(line: LogisticRegression, order: Strings, told: tuple[Domain, ...]) -> DomainHead:
    """scikit-learn sorts its classes by name, and has one row for two of them."""
    rows = line.coef_ if len(told) > 2 else np.vstack([-line.coef_[0] / 2, line.coef_[0] / 2])
    biases = line.intercept_ if len(told) > 2 else np.array([-line.intercept_[0] / 2, line.intercept_[0] / 2])
    place = np.searchsorted(line.classes_, order)
    return DomainHead(
        names=told,
        weight=np.ascontiguousarray(rows[place].T, np.float32),
        bias=biases[place].astype(np.float32),
        least=np.zeros(len(told), np.float32),
    )


def _loss(probabilities: Floats, names: tuple[Domain, ...], domains: Strings, counts: NDArray[np.float64]) -> float:
    """Mean negative log-likelihood; a domain that the head does not know was as unlikely as can be said."""
    column = {domain.value: place for place, domain in enumerate(names)}
    given = np.array(
        [row[column[domain]] if domain in column else 0 for row, domain in zip(probabilities, domains, strict=True)]
    )
    return float(np.average(-np.log(np.maximum(given, 1e-6)), weights=counts))


def bounded(head: DomainHead, least: Floats) -> DomainHead:
    """The head that names no domain below its `least` probability, float32 [K]."""
    return replace(head, least=least)
