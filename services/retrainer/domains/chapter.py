"""What the card says of a version's domains: `domains` of card.json."""

from typing import Any

import numpy as np

from services.retrainer.domains.confusion import confusion
from services.retrainer.domains.file import DomainFile, taken_for
from services.retrainer.domains.limits import NEVER
from services.retrainer.versions.embedded import PLAIN, Embedded
from shared.domain.domains import Domain
from shared.domain.job import Lane
from shared.domain.verdict import Thresholds


def chapter(made: DomainFile, thresholds: Thresholds, guard: Embedded | None = None) -> dict[str, Any]:
    """`least` probability from which a domain is named (null: never), the confusion matrix of each lane on owners left
    out, the records at the version's own `thresholds`, and how often each domain is named for the plain looks at
    `guard`.
    """
    head, records = made.domains.head, made.domains.records
    limits = {
        name.value: round(float(limit), 2) if limit < NEVER else None
        for name, limit in zip(head.names, head.least, strict=True)
    }
    known = made.judged.rows(made.judged.truths != "")
    judged = {lane: known.rows(known.lanes == lane.value) for lane in Lane}
    return {
        "least": limits,
        "farthest": round(made.domains.range.farthest, 4),
        "measured": {
            f"matched, {lane.value}, owners left out": confusion(rows)
            for lane, rows in judged.items()
            if len(rows.truths)
        },
        "records": {
            lane.value: {name.value: records.of(lane, name, thresholds.likely_ai).document() for name in Domain}
            for lane in Lane
        },
        **({} if guard is None else {"guard": said_of(made, guard)}),
    }


def said_of(made: DomainFile, guard: Embedded) -> dict[str, int]:
    """How many of the plain looks at guard pictures were taken for each domain."""
    said = taken_for(made.domains, guard.vectors[guard.cells == PLAIN])
    return {name: int(count) for name, count in zip(*np.unique(said, return_counts=True), strict=True)}
