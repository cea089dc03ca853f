"""Which model scores: the champion, or the version that a tenant pinned, loaded beside the old and then swapped."""

import shutil
import tempfile
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog

from shared import metrics, signing
from shared.config import Settings
from shared.domain.lifecycle import VersionState
from shared.errors import ConfigurationError, JinwiError, ModelRefused, Outage, SignatureRefused
from shared.scoring.session import Model
from shared.scoring.space import Space
from shared.signing import Trust
from shared.storage import embeddings, lifecycle, models
from shared.storage.db import Database
from shared.storage.objects import ObjectStore

REFUSED_SECONDS = 60.0
"""How long a version that was refused is not fetched again."""

KEPT = 4
"""Loaded versions that one process keeps: champion, challenger, and two that tenants pinned."""

log = structlog.get_logger("models")


@dataclass(frozen=True, kw_only=True, slots=True)
class Challenger:
    """The version that is being tried, and whether it only scores beside (`shadow`) or answers a share (`canary`)."""

    version: str
    state: VersionState


class ModelShelf:
    """One process's loaded models. Asks which one is champion, and which challenger, at most every few seconds."""

    def __init__(self, database: Database, store: ObjectStore, settings: Settings) -> None:
        self._database = database
        self._store = store
        self._settings = settings
        self._loaded: OrderedDict[str, Model] = OrderedDict()
        self._champion: str | None = None
        # The champion by the latest answer; None once it was tried.
        self._named: str | None = None
        self._challenger: Challenger | None = None
        self._asked_at = float("-inf")
        self._refused: dict[str, tuple[float, Outage]] = {}

    def get(self, pinned: str | None = None) -> Model:
        """The pinned version, else the champion; raises Outage("model") when it cannot be had.

        A new champion that does not load leaves the one before it in service, and says so.
        """
        if time.monotonic() - self._asked_at >= self._settings.model_poll_seconds:
            self._ask()
        if pinned is not None:
            return self.load(pinned)
        if self._named is not None and self._named != self._champion:
            self._follow(self._named)
        if self._champion is None:
            raise Outage("model", "no champion is registered, or none could be loaded")
        return self.load(self._champion)

    def challenger(self) -> Challenger | None:
        """As it was when the champion was last asked for."""
        return self._challenger

    def _ask(self) -> None:
        with self._database.transaction() as connection:
            row, challenger = lifecycle.state(connection, "champion"), lifecycle.challenger(connection)
            registered = models.registered(connection, self._loaded)
        self._forget(registered)
        self._asked_at = time.monotonic()
        self._challenger = (
            Challenger(version=challenger["version"], state=VersionState(challenger["state"])) if challenger else None
        )
        self._named = row["version"] if row else None

    def _follow(self, version: str) -> None:
        """Change over to the champion, unless it does not load; then once more when it was asked for again."""
        self._named = None
        try:
            self.load(version)
        except JinwiError as exc:
            log.error("champion_refused", version=version, serving=self._champion, error=str(exc))  # noqa: TRY400
            return
        log.info("champion_changed", version=version, before=self._champion)
        self._champion = version

    def _forget(self, registered: Mapping[str, str]) -> None:
        """Let go of versions that were removed, also where their number is other files' by now.

        Whoever scores with one at this moment goes on with it.
        """
        for version in [name for name, model in self._loaded.items() if registered.get(name) != model.sha256]:
            del self._loaded[version]
            if version not in registered:
                shutil.rmtree(self._settings.model_cache / version, ignore_errors=True)
            log.info("version_forgotten", version=version)

    def load(self, version: str) -> Model:
        """A version, loaded once; raises Outage("model") when it cannot be had."""
        if version not in self._loaded:
            refused_at, refusal = self._refused.get(version, (float("-inf"), None))
            if refusal is not None and time.monotonic() - refused_at < REFUSED_SECONDS:
                raise refusal
            self._loaded[version] = self._load_from_files(version)
        self._loaded.move_to_end(version)
        while len(self._loaded) > KEPT:
            self._loaded.pop(next(name for name in self._loaded if name not in self._in_service()))
        return self._loaded[version]

    def _in_service(self) -> set[str | None]:
        return {self._champion, self._challenger.version if self._challenger else None}

    def _load_from_files(self, version: str) -> Model:
        with self._database.transaction() as connection:
            row = models.get(connection, version)
        if row is None:
            raise Outage("model", f"version {version} is not registered")
        directory = self._settings.model_cache / version
        try:
            if directory.is_dir() and not _holds(directory, row):
                shutil.rmtree(directory)
            if not directory.is_dir():
                self._download(version, directory)
            self._require_signature(directory, row)
            return self._open(directory, row["sha256"].hex())
        except (OSError, ConfigurationError) as exc:
            # A full disk or a missing provider is no job's fault.
            raise Outage("model", str(exc)) from exc
        except ModelRefused as exc:
            # Later it is fetched anew: a damaged cache mends itself, a damaged version stays refused.
            shutil.rmtree(directory, ignore_errors=True)
            refusal = Outage("model", f"version {version}: {exc}")
            self._refused[version] = (time.monotonic(), refusal)
            metrics.count(metrics.REFUSED_MODELS, "signature" if isinstance(exc, SignatureRefused) else "files")
            raise refusal from exc

    def _require_signature(self, directory: Path, row: models.Row) -> None:
        """Raise ModelRefused unless somebody who is trusted vouches for every file, or nobody has to."""
        must_be_signed = row["signed_by"] is not None or row["origin"] == "trained"
        found = signing.file_hashes(directory)
        Trust.of(self._settings).check(signing.read_signature(directory), found, signed=must_be_signed)

    def _open(self, directory: Path, sha256: str) -> Model:
        model = Model.load(directory, provider=self._settings.onnx_provider, threads=self._settings.onnx_threads)
        if model.sha256 != sha256:
            raise ModelRefused(f"{directory.name}: the file is not the one that was registered")
        self._measure_as_everybody(model)
        return model

    def _measure_as_everybody(self, model: Model) -> None:
        """A new head brings gold of its own, and the space of its embeddings is the old one."""
        own = {lane: space.packed() for lane, space in model.spaces.items()}
        with self._database.transaction() as connection:
            kept = embeddings.adopt(connection, model.card.version, own)
        model.spaces = {lane: Space.unpacked(space) for lane, space in kept.items()}

    def _download(self, version: str, directory: Path) -> None:
        """Fetch into a folder beside and rename, so that a half-fetched version is never looked at."""
        directory.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=directory.parent) as folder:
            partial = Path(folder) / version
            self._store.get_model(version, partial)
            try:
                partial.rename(directory)
            except OSError:
                # Another process of this host was first.
                if not directory.is_dir():
                    raise


def _holds(directory: Path, row: models.Row) -> bool:
    """Whether a folder of the cache is of this version, and not of one that had its number before."""
    try:
        return models.read_manifest(directory) == row["manifest"]
    except (OSError, ValueError):
        return False
