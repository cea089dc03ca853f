"""The second model family, where the operator has one installed: its agreement is a second signal."""

from pathlib import Path

from services.retrainer.versions.fetched import Fetched
from shared.config import Settings
from shared.errors import ConfigurationError
from shared.scoring.session import Model
from shared.storage import models
from shared.storage.db import Database
from shared.storage.objects import ObjectStore


def second_model(
    database: Database, store: ObjectStore, settings: Settings, champion: Model, work: Path
) -> Model | None:
    """The version that JINWI_SECOND_MODEL names, loaded by way of the folder `work`; None where it names none.

    Raises ConfigurationError for one that is not registered, or is of the champion's own family: such a one errs
    where the champion errs, and its agreement says nothing. Raises ModelRefused for one that nobody who is trusted
    vouches for, and Outage where it is not whole.
    """
    version = settings.second_model
    if not version:
        return None
    with database.transaction() as connection:
        row = models.get(connection, version)
    if row is None:
        raise ConfigurationError(f"JINWI_SECOND_MODEL: there is no model version {version}")
    if row["name"] == champion.card.name:
        raise ConfigurationError(
            f"JINWI_SECOND_MODEL: {version} is a {row['name']} as the champion is: name a version of another family"
        )
    directory = Fetched(database, store, settings).version(row["version"], work)
    return Model.load(directory, provider=settings.onnx_provider, threads=settings.onnx_threads)
