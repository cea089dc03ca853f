"""What a record rests on: scores of people's pictures by what never saw the owners, and how a retraining moves them."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from services.retrainer.domains.file import DomainFile, numbered
from services.retrainer.versions.embedded import PLAIN, Embedded
from shared.domain.job import Lane
from shared.scoring.records import Records

Strings = NDArray[np.str_]
Probabilities = NDArray[np.float64]

Counted = tuple[Records, Strings]
"""Records, and the picture of each."""


def first(
    pictures: Strings, owners: Strings, said: Mapping[Lane, Strings], scores: Mapping[Lane, Probabilities]
) -> Counted:
    """Of N pictures by people, each once a lane: `scores` by networks that never saw their owners, and `said`, the
    domains that heads which never saw them either took them for, [N].
    """
    return _records(
        lanes=np.repeat([lane.value for lane in said], len(pictures)),
        domains=np.concatenate(list(said.values())),
        owners=np.tile(owners, len(said)),
        scores=np.concatenate([scores[lane] for lane in said]),
        pictures=np.tile(pictures, len(said)),
    )


def retrained(
    gold: Embedded, said: Strings, before: Probabilities, after: Probabilities, known: DomainFile | None
) -> Counted:
    """Of people's pictures in `gold`, one plain view a picture and lane. `before` are the champion's probabilities for
    its rows, `after` the candidate's by heads that never saw the owner, and `said` the domains of each, [N].

    The network below the head knows gold's owners, and gold flatters it: of 1.1.1's it accuses half as many as networks
    did that never saw them. A picture in the champion's records, `known`, therefore keeps the score that it has there,
    moved in log-odds by what the retraining moved.
    """
    rows = _once((gold.labels == 0) & (gold.cells == PLAIN), gold)
    honest = {} if known is None else _scores(known)
    scores = after[rows].copy()
    for place, row in enumerate(rows):
        there = honest.get((gold.lanes[row], gold.pictures[row]))
        if there is not None:
            scores[place] = _sigmoid(_odds(there) + _odds(after[row]) - _odds(before[row]))
    return _records(
        lanes=gold.lanes[rows],
        domains=said[rows],
        owners=gold.owners[rows],
        scores=scores,
        pictures=gold.pictures[rows],
    )


def known_domains(gold: Embedded, said: Strings, known: DomainFile) -> Strings:
    """`said`, [N], with what heads that had not seen the owner said where `known` has the picture."""
    there = dict(zip(_keys(known), known.domains.records.domains.tolist(), strict=True))
    keys = zip(gold.lanes.tolist(), gold.pictures.tolist(), strict=True)
    return np.array([there.get(key, own) for key, own in zip(keys, said.tolist(), strict=True)], np.str_)


def _records(*, lanes: Strings, domains: Strings, owners: Strings, scores: Probabilities, pictures: Strings) -> Counted:
    made = Records(lanes=lanes, domains=domains, owners=numbered(owners), scores=scores.astype(np.float32))
    return made, pictures


def _once(chosen: NDArray[np.bool_], gold: Embedded) -> NDArray[np.int64]:
    """Of the `chosen` rows the first of each picture in each lane."""
    rows = np.flatnonzero(chosen)
    keys = [f"{gold.lanes[row]} {gold.pictures[row]}" for row in rows]
    return rows[np.sort(np.unique(keys, return_index=True)[1])] if keys else rows


def _keys(known: DomainFile) -> list[tuple[str, str]]:
    return list(zip(known.domains.records.lanes.tolist(), known.pictures.tolist(), strict=True))


def _scores(known: DomainFile) -> Mapping[tuple[str, str], float]:
    return dict(zip(_keys(known), known.domains.records.scores.tolist(), strict=True))


def _odds(probability: float) -> float:
    """Their logarithm."""
    inside = min(max(float(probability), 1e-9), 1 - 1e-9)
    return float(np.log(inside / (1 - inside)))


def _sigmoid(odds: float) -> float:
    return float(1 / (1 + np.exp(-odds)))
