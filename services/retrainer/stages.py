"""Composition of a retraining run: what each stage does, joined from the parts that do it."""

from datetime import timedelta

from services.retrainer.run import NotEnoughSamples, Result, Stages, Work
from shared.config import Settings
from shared.domain.retraining import RunStage
from shared.storage import ledger
from shared.storage.db import Database

WINDOW = timedelta(days=90)
COUNTED = 100_000


def compose(database: Database, _: Settings) -> Stages:
    """The stages of a real run."""

    def harvest(_: Work) -> Result:
        with database.transaction() as connection:
            candidates = ledger.candidates(connection, window=WINDOW, limit=COUNTED)
        raise NotEnoughSamples(
            f"No gold images are registered, and nothing is trained without them; candidates: {candidates:,}."
        )

    return {RunStage.HARVEST: harvest}
