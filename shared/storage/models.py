"""Model versions: immutable rows and files. Which one scores, `lifecycle` says."""

import json
from collections.abc import Collection, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from psycopg.types.json import Json

from shared.domain.audit import Action
from shared.errors import VersionReserved
from shared.storage import audit, lifecycle
from shared.storage.db import Connection, Database
from shared.storage.lock import REGISTRATION, alone
from shared.storage.objects import SIGNATURE, ObjectStore
from shared.storage.queries import QUERIES

Row = Mapping[str, Any]

MANIFEST = "manifest.json"

REGISTRATION_SECONDS = 600
"""How long another registration, which may be an upload of half a gigabyte, is waited for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class VersionFiles:
    """A version directory, opened: its card, its manifest, and every file by its name, manifest and signature too."""

    card: Mapping[str, Any]
    manifest: Mapping[str, Any]
    files: Mapping[str, BinaryIO]
    signed_by: str | None = None
    """Fingerprint of the key whose signature is among the files."""

    @property
    def version(self) -> str:
        return str(self.card["version"])


def register(
    database: Database,
    store: ObjectStore,
    directory: Path,
    *,
    origin: str,
    signed_by: str | None = None,
    run_id: UUID | None = None,
) -> bool:
    """Upload a version directory and write its row; False when that version is there already.

    `signed_by` is the fingerprint of the key whose signature lies in it, `run_id` the run that made it.
    """
    with ExitStack() as stack:
        manifest = read_manifest(directory)
        names = [*manifest["files"], MANIFEST, *([SIGNATURE] if signed_by else [])]
        files = {name: stack.enter_context((directory / name).open("rb")) for name in names}
        card = json.load(files["card.json"])
        new = VersionFiles(card=card, manifest=manifest, files=files, signed_by=signed_by)
        return register_files(database, store, new, origin=origin, run_id=run_id)


def read_manifest(directory: Path) -> Mapping[str, Any]:
    manifest: Mapping[str, Any] = json.loads((directory / MANIFEST).read_text(encoding="utf-8"))
    return manifest


def register_files(
    database: Database,
    store: ObjectStore,
    new: VersionFiles,
    *,
    origin: str,
    by: UUID | None = None,
    run_id: UUID | None = None,
    patience: float | None = None,
) -> bool:
    """Upload the files of a version and write its row; False when that version is there already.

    The files go first: a row is never without its files, and what was uploaded without one is nobody's and is replaced.
    A version is never overwritten: one at a time is registered, whoever it is that does it, and another is waited for
    by `patience` in seconds, REGISTRATION_SECONDS where it is None. `by` is the key of whoever imports it.

    Raises Busy when that was not enough, VersionReserved for a number that is kept for another run than `run_id`, and
    Outage.
    """
    if _is_settled(database, new.version, run_id):
        return False
    seconds = REGISTRATION_SECONDS if patience is None else patience
    with alone(database.settings, REGISTRATION, seconds=seconds):
        if _is_settled(database, new.version, run_id):
            return False
        store.put_model(new.version, new.files)
        return _write(database, new, origin=origin, by=by, run_id=run_id)


def _is_settled(database: Database, version: str, run_id: UUID | None) -> bool:
    """Whether the version is there; raises VersionReserved."""
    with database.transaction() as connection:
        if get(connection, version):
            return True
        _require_unreserved(connection, version, run_id)
    return False


def _require_unreserved(connection: Connection, version: str, run_id: UUID | None) -> None:
    held = connection.execute(QUERIES["reserved_for"], {"version": version}).fetchone()
    if held is not None and held["run_id"] != run_id:
        raise VersionReserved(version, held["run_id"])


def _write(database: Database, new: VersionFiles, *, origin: str, by: UUID | None, run_id: UUID | None) -> bool:
    with database.transaction() as connection:
        # A run may have asked for its number while the files were on their way.
        connection.execute(QUERIES["lock_numbers"])
        _require_unreserved(connection, new.version, run_id)
        parameters = {
            "version": new.version,
            "name": new.card["name"],
            "sha256": bytes.fromhex(new.manifest["files"]["model.onnx"]),
            "card": Json(new.card),
            "manifest": Json(new.manifest),
            "origin": origin,
            "signed_by": new.signed_by,
            "run_id": run_id,
        }
        if connection.execute(QUERIES["insert_model"], parameters).fetchone() is None:
            return False
        if origin == "shipped":
            lifecycle.place_shipped(connection, new.version)
        if origin == "imported":
            sha256 = new.manifest["files"]["model.onnx"]
            details = {"name": new.card["name"], "sha256": sha256, "signed_by": new.signed_by}
            audit.record(connection, Action.MODEL_IMPORTED, new.version, by=by, **details)
    return True


def get(connection: Connection, version: str) -> Row | None:
    """One version with its state and aliases, named by its number or by an alias."""
    return connection.execute(QUERIES["get_model"], {"version": version}).fetchone()


def get_removed(connection: Connection, version: str) -> Row | None:
    """What stays of the version that last had this number and was removed, in the form of `get`."""
    return connection.execute(QUERIES["get_removed_model"], {"version": version}).fetchone()


def hold(connection: Connection, version: str) -> bool:
    """See to it that a version is not removed before the transaction ends; False where there is none."""
    return connection.execute(QUERIES["hold_model"], {"version": version}).fetchone() is not None


def note_shipped(connection: Connection, manifests: Mapping[str, Mapping[str, Any]]) -> None:
    """Note what the installed release comes with, by version, in place of what the one before came with."""
    connection.execute(QUERIES["lock_shipped"])
    connection.execute(QUERIES["forget_shipped"])
    connection.execute(QUERIES["note_shipped"], {"manifests": Json(manifests)})


def is_shipped(connection: Connection, version: str) -> bool:
    """Whether the installed release comes with the very files of this version, so that its next set-up registers it."""
    return connection.execute(QUERIES["is_shipped"], {"version": version}).fetchone() is not None


def origin_of(connection: Connection, version: str) -> str:
    """The version that `version` descends from and that was not trained here: shipped, or brought."""
    while row := get(connection, version) or get_removed(connection, version):
        if row["origin"] != "trained":
            return str(row["version"])
        version = row["card"]["training"]["parent"]
    return version


def registered(connection: Connection, versions: Collection[str]) -> Mapping[str, str]:
    """SHA-256 of the model file, in hex, of each of these versions that there is."""
    rows = connection.execute(QUERIES["registered_sha256"], {"versions": list(versions)})
    return {row["version"]: row["sha256"].hex() for row in rows}


def all_versions(connection: Connection) -> list[Row]:
    return list(connection.execute(QUERIES["list_models"]))


def next_version(connection: Connection, name: str, *, run_id: UUID, patch: bool = False) -> str:
    """The number that the candidate of a run carries: the same one each time that the run asks, and no other's.

    One MINOR above the newest version of that `name`, or one PATCH where `patch` says that nothing but calibration or
    export differs; the first that nobody holds. 1.0.0 where the name has no version.
    """
    connection.execute(QUERIES["lock_numbers"])
    held = connection.execute(QUERIES["reserved_number"], {"run_id": run_id}).fetchone()
    if held is not None:
        return str(held["version"])
    used = [(_number(row["version"]), row["name"]) for row in connection.execute(QUERIES["used_numbers"])]
    taken, own = {number for number, _ in used}, [number for number, named in used if named == name]
    number = _following(max(own), patch=patch) if own else (1, 0, 0)
    while number in taken:
        number = _following(number, patch=patch)
    version = ".".join(map(str, number))
    connection.execute(QUERIES["reserve_number"], {"version": version, "run_id": run_id})
    return version


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _following(number: tuple[int, ...], *, patch: bool) -> tuple[int, ...]:
    major, minor, last = number
    return (major, minor, last + 1) if patch else (major, minor + 1, 0)
