"""Embeddings in which kinds lie apart, and owners a little."""

import numpy as np

from services.retrainer.domains.confusion import Judged
from services.retrainer.domains.file import DomainFile
from services.retrainer.domains.labels import TOLD
from services.retrainer.versions.embedded import PLAIN, Embedded
from shared.domain.domains import Domain
from shared.domain.job import Lane
from shared.scoring.domains import DomainHead, Domains, Range, Standard
from shared.scoring.records import Records

SIZE = 12
KINDS = ("photo", "painting", "scan")


def rows(*, owners=6, each=10, apart=3.0, seed=0, kinds=KINDS, lane=Lane.BULK):
    """`each` pictures of every kind by each of `owners`, one half of them AI; kinds lie `apart` deviations apart."""
    chance = np.random.default_rng(seed)
    made = [(owner, kind) for owner in range(owners) for kind in kinds for _ in range(each)]
    centres = {kind: apart * np.eye(SIZE)[KINDS.index(kind)] for kind in kinds}
    habits = chance.normal(0, 0.3, (owners, SIZE))
    count = len(made)
    return Embedded(
        vectors=np.array(
            [centres[kind] + habits[owner] + chance.normal(0, 1, SIZE) for owner, kind in made], np.float32
        ),
        labels=np.array([owner % 2 for owner, _ in made], np.uint8),
        owners=np.array([f"owner-{owner}" for owner, _ in made]),
        kinds=np.array([kind for _, kind in made]),
        pictures=np.array([f"{seed}-{number}" for number in range(count)]),
        cells=np.full(count, PLAIN),
        lanes=np.full(count, lane.value),
        short_sides=np.full(count, 200, np.int32),
    )


def records(*, domains=("photograph", "painting"), lane=Lane.BULK, scores=(0.9, 0.1), owners=(0, 1)):
    return Records(
        lanes=np.full(len(scores), lane.value),
        domains=np.array(domains),
        owners=np.array(owners, np.int32),
        scores=np.array(scores, np.float32),
    )


def made_file(pictures=("a", "b"), **of_records):
    """Of a head that goes by the first numbers of an embedding."""
    told = TOLD[:3]
    domains = Domains(
        standard=Standard(centre=np.zeros(SIZE, np.float32), scale=np.ones(SIZE, np.float32), bound=10.0),
        head=DomainHead(
            names=told,
            weight=np.eye(SIZE, len(told), dtype=np.float32),
            bias=np.zeros(len(told), np.float32),
            least=np.array([0.5, 0.6, 2.0], np.float32),
        ),
        range=Range(reach=np.full(SIZE, 1 / SIZE, np.float32), farthest=2.0),
        records=records(**of_records),
    )
    judged = Judged(
        truths=np.array(["photograph", "painting"]),
        said=np.array(["photograph", Domain.OTHER.value]),
        lanes=np.full(2, Lane.BULK.value),
        owners=np.array([0, 1], np.int32),
    )
    return DomainFile(domains=domains, pictures=np.array(pictures), judged=judged)
