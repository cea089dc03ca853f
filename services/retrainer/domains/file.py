"""`domains.npz` of a version: made here, read for serving by `shared.scoring.domains`.

Beside what serving reads it holds what a retraining goes on from, which picture each record is of, and what the card's
figures were counted from, the `judged_` arrays.
"""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from services.retrainer.domains.confusion import Judged
from services.retrainer.domains.fit import Telling
from services.retrainer.domains.labels import TOLD
from services.retrainer.domains.limits import Floats, named
from shared.errors import ModelRefused
from shared.scoring.domains import DOMAINS, DomainHead, Domains, Range
from shared.scoring.manifest import read_verified
from shared.scoring.records import Records

Strings = NDArray[np.str_]


@dataclass(frozen=True, kw_only=True, eq=False)
class DomainFile:
    """`domains` as they serve; `pictures`, [N], those of its records in their order; `judged` the looks that the head
    was measured on.
    """

    domains: Domains
    pictures: Strings
    judged: Judged

    @classmethod
    def of_version(cls, directory: Path) -> Self | None:
        """None where the version has none; raises ModelRefused for a file that is none."""
        content = read_verified(directory).get(DOMAINS)
        if content is None:
            return None
        domains = Domains.load(content)
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as file:
                judged = Judged(**{name: file[f"judged_{name}"] for name in ("truths", "said", "lanes", "owners")})
                made = cls(domains=domains, pictures=file["record_pictures"], judged=judged)
        except (KeyError, ValueError) as exc:
            raise ModelRefused(f"{directory.name}/{DOMAINS} cannot be read: {exc}") from exc
        if made.pictures.shape != domains.records.scores.shape:
            raise ModelRefused(f"{directory.name}/{DOMAINS} does not name the picture of each record")
        return made

    def content(self) -> bytes:
        """The bytes of the file."""
        file, domains = io.BytesIO(), self.domains
        np.savez_compressed(
            file,
            allow_pickle=False,
            names=np.array([name.value for name in domains.head.names]),
            centre=domains.standard.centre,
            scale=domains.standard.scale,
            bound=np.float32(domains.standard.bound),
            weight=domains.head.weight,
            bias=domains.head.bias,
            least=domains.head.least,
            reach=domains.range.reach,
            farthest=np.float32(domains.range.farthest),
            record_lanes=domains.records.lanes,
            record_domains=domains.records.domains,
            record_owners=domains.records.owners,
            record_scores=domains.records.scores,
            record_pictures=self.pictures,
            judged_truths=self.judged.truths,
            judged_said=self.judged.said,
            judged_lanes=self.judged.lanes,
            judged_owners=self.judged.owners,
        )
        return file.getvalue()


def assembled(telling: Telling, limits: Floats, range_: Range, records: Records) -> Domains:
    """What serves: `limits` are those of TOLD, float32 [K]."""
    known = [TOLD.index(name) for name in telling.head.names]
    head = DomainHead(names=telling.head.names, weight=telling.head.weight, bias=telling.head.bias, least=limits[known])
    return Domains(standard=telling.standard, head=head, range=range_, records=records)


def taken_for(domains: Domains, vectors: Floats) -> Strings:
    """The domain, or OTHER, that the head of a version names for embeddings float32 [N, D]: [N]."""
    telling = Telling(standard=domains.standard, head=domains.head, penalty=0.0)
    limits = np.ones(len(TOLD), np.float32)
    limits[[TOLD.index(name) for name in domains.head.names]] = domains.head.least
    return named(telling(vectors), limits)


def numbered(owners: Strings) -> NDArray[np.int32]:
    """A number for each name, [N]: who they are need not travel."""
    return np.unique(owners, return_inverse=True)[1].astype(np.int32)
