"""The labelled pictures of a run, as the training and the guard take them: lent ones, gold, and regression cases."""

from collections.abc import Callable

from services.retrainer.gate.guard import RegressionCase
from services.retrainer.harvest.snapshots import Reference
from services.retrainer.teaching.taught import Sample
from shared.domain.labels import Label, Part
from shared.errors import ImageRefused, JobError
from shared.storage import gold, spot_checks
from shared.storage.db import Database
from shared.storage.gold import Gold
from shared.storage.objects import GOLD, Holder, ObjectStore

GOLD_WEIGHT = 1.0


class Pictured:
    """Their bytes are read from the object store when they are asked for, and never kept.

    `alive` is called before each is read, whoever reads it and whatever for, and may raise to end that.
    """

    def __init__(self, database: Database, store: ObjectStore, alive: Callable[[], None]) -> None:
        self._database = database
        self._store = store
        self._alive = alive

    def gold(self, part: Part) -> list[Gold]:
        with self._database.transaction() as connection:
            return gold.rows(connection, part)

    def labelled(self, picture: Gold) -> Sample:
        return Sample(
            key=picture.sha256.hex(),
            sha256=picture.sha256,
            label=float(picture.label is Label.AI),
            weight=GOLD_WEIGHT,
            owner=picture.owner,
            kind=picture.kind,
            source="gold",
            image=self._reader(GOLD, picture.sha256),
        )

    def lent(self, reference: Reference) -> Sample:
        """Who submitted it stands for its owner: a tenant that lends much is one voice."""
        return Sample(
            key=str(reference.ledger_id),
            sha256=reference.sha256,
            label=reference.label,
            weight=reference.weight,
            owner=f"tenant:{reference.tenant_id}",
            kind="",
            source=reference.source,
            image=self._reader(reference.tenant_id, reference.sha256),
            lent=True,
        )

    def cases(self) -> list[RegressionCase]:
        with self._database.transaction() as connection:
            rows = spot_checks.regression_cases(connection)
        return [
            RegressionCase(
                id=str(row["id"]),
                expected=int(row["label"] == Label.AI),
                image=self._reader(row["tenant_id"], row["sha256"]),
            )
            for row in rows
        ]

    def _reader(self, holder: Holder, sha256: bytes) -> Callable[[], bytes]:
        """What was erased meanwhile is as a picture that cannot be read: the training leaves it out."""

        def read() -> bytes:
            self._alive()
            try:
                return self._store.get_image(holder, sha256)
            except JobError as exc:
                raise ImageRefused("undecodable", exc.detail) from exc

        return read
