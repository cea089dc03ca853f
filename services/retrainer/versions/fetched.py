"""Version directories that a run reads: fetched into a folder of its own, and vouched for as for a worker."""

import shutil
from pathlib import Path

from shared import signing
from shared.config import Settings
from shared.errors import ConfigurationError
from shared.signing import Trust
from shared.storage import models
from shared.storage.db import Database
from shared.storage.objects import ObjectStore


class Fetched:
    def __init__(self, database: Database, store: ObjectStore, settings: Settings) -> None:
        self._database = database
        self._store = store
        self._settings = settings

    def version(self, version: str, folder: Path) -> Path:
        """Its directory below `folder`: the one way to a registered version.

        Raises ModelRefused where somebody should vouch for it and nobody does, ConfigurationError where there is no
        such version, and Outage where it is not whole.
        """
        directory = folder / version
        if not directory.is_dir():
            partial = directory.with_name(f"{version}.partial")
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
            self._store.get_model(version, partial)
            self._require_signature(partial, version)
            partial.rename(directory)
        return directory

    def origin(self, version: str) -> str:
        """The version that `version` descends from and that was not trained here: shipped, or brought.

        A candidate is measured against it too, so that small losses cannot add up.
        """
        with self._database.transaction() as connection:
            return models.origin_of(connection, version)

    def _require_signature(self, directory: Path, version: str) -> None:
        with self._database.transaction() as connection:
            row = models.get(connection, version)
        if row is None:
            raise ConfigurationError(f"there is no version {version}")
        signed = row["signed_by"] is not None or row["origin"] == "trained"
        found = signing.file_hashes(directory)
        Trust.of(self._settings).check(signing.read_signature(directory), found, signed=signed)
