"""A candidate that its gate let through becomes a version of this installation: complete, signed, registered."""

from pathlib import Path
from uuid import UUID

import structlog

from shared import signing
from shared.config import Settings
from shared.errors import ConfigurationError, ModelRefused, VersionTaken
from shared.scoring.domains import DOMAINS
from shared.scoring.manifest import MANIFEST, read_verified, write_manifest
from shared.scoring.session import Model
from shared.signing import SIGNATURE
from shared.storage import models
from shared.storage.db import Database
from shared.storage.objects import ObjectStore

NEEDED = frozenset(
    {
        *("model.onnx", "model.safetensors", "golden.npz", "gold.npz", "guard.npz"),
        *("card.json", "card.md", "metrics.json", "report.json"),
    }
)
"""One more goes to MAY_LACK for a release: a run may be upgraded between its training and this."""

MAY_LACK = frozenset({DOMAINS})
"""A network moved on gold of too few owners cannot tell kinds of pictures apart."""

log = structlog.get_logger("retrainer")


def publish(directory: Path, *, database: Database, store: ObjectStore, settings: Settings, run_id: UUID) -> str:
    """Make the candidate in `directory` a version; its number, which its card says.

    The files go to the object store first, the row follows in one transaction: until then nothing of the version can be
    seen. Called again after a kill at any point it completes what there is, and called again after its end it changes
    nothing. `report.json`, what the gate said, may have come to the directory after its manifest was written.

    Raises ModelRefused where the candidate is not whole or a worker would refuse it, ConfigurationError where this
    installation cannot sign, VersionTaken where another version holds the number, and Outage.
    """
    _complete(directory)
    version = Model.load(directory, provider="cpu", threads=1).card.version
    if _is_there(database, directory, version, run_id):
        return version
    signed_by = signing.vouch(directory, settings)
    if signed_by is None:
        raise ConfigurationError("JINWI_MODEL_SIGNING_KEY must name a private key: what is trained here is signed")
    made = models.register(database, store, directory, origin="trained", signed_by=signed_by, run_id=run_id)
    if not made and not _is_there(database, directory, version, run_id):
        raise VersionTaken(version)
    log.info("model_published", version=version, run_id=str(run_id), signed_by=signed_by)
    return version


def _complete(directory: Path) -> None:
    """See to it that nothing is missing or changed, and that the manifest names the report of the gate too."""
    (directory / SIGNATURE).unlink(missing_ok=True)
    read_verified(directory)
    there = {path.name for path in directory.iterdir()} - {MANIFEST}
    if missing := sorted(NEEDED - there):
        raise ModelRefused(f"{directory} lacks {', '.join(missing)}: it is not published")
    if strange := sorted(there - NEEDED - MAY_LACK):
        raise ModelRefused(f"{directory} holds {', '.join(strange)}, which is no part of a version")
    write_manifest(directory)


def _is_there(database: Database, directory: Path, version: str, run_id: UUID) -> bool:
    """Whether this run has published these very files before; raises VersionTaken where the number is another's."""
    with database.transaction() as connection:
        row = models.get(connection, version)
    if row is None:
        return False
    if row["run_id"] != run_id or row["manifest"] != models.read_manifest(directory):
        raise VersionTaken(version)
    return True
