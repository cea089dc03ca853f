"""The domains of a version that was retrained: the same head while the network below stays, else a new one."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from services.retrainer.domains.chapter import chapter
from services.retrainer.domains.confusion import Judged
from services.retrainer.domains.file import DomainFile, assembled, numbered, taken_for
from services.retrainer.domains.fit import Floats, Strings, fit, fit_left_out
from services.retrainer.domains.labels import domains_of
from services.retrainer.domains.limits import least, named
from services.retrainer.domains.range import measured, reach_of
from services.retrainer.domains.records import Counted, known_domains, retrained
from services.retrainer.versions.embedded import PLAIN, Embedded
from shared.domain.verdict import Thresholds
from shared.scoring.domains import Domains
from shared.scoring.records import Records

Probabilities = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Retrained:
    """What tells domains apart in the retrained version, of `gold` the domains that heads which never saw the owner
    took its rows for, `said` [N], and what the champion has measured, if anything.

    `before` and `after` are the champion's and the candidate's logits for `gold`, float32 [N], the latter by heads that
    never saw the owner; `told` is what the champion's card says of the head.
    """

    domains: Domains
    judged: Judged
    gold: Embedded
    said: Strings
    before: Floats
    after: Floats
    champion: DomainFile | None
    told: Mapping[str, Any]

    @classmethod
    def same(cls, champion: Path, gold: Embedded, before: Floats, after: Floats) -> Self | None:
        """The champion's head; None where it has none."""
        known = DomainFile.of_version(champion)
        if known is None:
            return None
        told = json.loads((champion / "card.json").read_text(encoding="utf-8")).get("domains", {})
        said = known_domains(gold, taken_for(known.domains, gold.vectors), known)
        return cls(
            domains=known.domains, judged=known.judged, gold=gold, said=said, before=before, after=after,
            champion=known, told=told,
        )  # fmt: skip

    @classmethod
    def anew(cls, network: Path, champion: Path, gold: Embedded, before: Floats, after: Floats) -> Self | None:
        """A head fitted on `gold` as the network of the version directory `network` embeds it; None where it is of too
        few owners or domains.
        """
        left_out = fit_left_out(gold)
        if left_out is None:
            return None
        probabilities, truths = left_out(gold.vectors, gold.owners), domains_of(gold.kinds)
        limits = least(probabilities, truths, gold.owners)
        said = named(probabilities, limits)
        plain = gold.cells == PLAIN
        judged = Judged(
            truths=truths[plain], said=said[plain], lanes=gold.lanes[plain], owners=numbered(gold.owners[plain])
        )
        range_ = measured(left_out, gold.vectors, gold.owners, reach_of(network, gold.vectors.shape[1]))
        domains = assembled(fit(gold), limits, range_, _none())
        return cls(
            domains=domains, judged=judged, gold=gold, said=said, before=before, after=after,
            champion=DomainFile.of_version(champion), told={},
        )  # fmt: skip

    def file(self, before: Probabilities, after: Probabilities) -> DomainFile:
        """With records by the calibrated probabilities of `before` and `after`, float64 [N]."""
        records, pictures = self._counted(before, after)
        domains = Domains(
            standard=self.domains.standard, head=self.domains.head, range=self.domains.range, records=records
        )
        return DomainFile(domains=domains, pictures=pictures, judged=self.judged)

    def chapter(self, made: DomainFile, thresholds: Thresholds, guard: Embedded | None) -> dict[str, Any]:
        """For the card: what was measured of this head before goes on."""
        new = chapter(made, thresholds, guard)
        return {**self.told, **new, "measured": {**self.told.get("measured", {}), **new["measured"]}}

    def _counted(self, before: Probabilities, after: Probabilities) -> Counted:
        return retrained(self.gold, self.said, before, after, self.champion)


def _none() -> Records:
    texts = np.empty(0, np.str_)
    return Records(lanes=texts, domains=texts, owners=np.empty(0, np.int32), scores=np.empty(0, np.float32))
