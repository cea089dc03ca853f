"""Model versions: immutable rows and files. Which one scores, `lifecycle` says."""

import json
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

from psycopg.types.json import Json

from shared.domain.audit import Action
from shared.storage import audit, lifecycle
from shared.storage.db import Connection, Database
from shared.storage.objects import ObjectStore
from shared.storage.queries import QUERIES

Row = Mapping[str, Any]

MANIFEST = "manifest.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class VersionFiles:
    """A version directory, opened: its card, its manifest, and every file by its name, the manifest's too."""

    card: Mapping[str, Any]
    manifest: Mapping[str, Any]
    files: Mapping[str, BinaryIO]

    @property
    def version(self) -> str:
        return str(self.card["version"])


def register(database: Database, store: ObjectStore, directory: Path, *, origin: str) -> bool:
    """Upload a version directory and write its row; False when that version is there already."""
    with ExitStack() as stack:
        manifest = json.loads((directory / MANIFEST).read_text(encoding="utf-8"))
        files = {name: stack.enter_context((directory / name).open("rb")) for name in [*manifest["files"], MANIFEST]}
        card = json.load(files["card.json"])
        return register_files(database, store, VersionFiles(card=card, manifest=manifest, files=files), origin=origin)


def register_files(
    database: Database, store: ObjectStore, new: VersionFiles, *, origin: str, by: UUID | None = None
) -> bool:
    """Upload the files of a version and write its row; False when that version is there already.

    The files go first: a row is never without its files. A version is never overwritten. `by` is the key of whoever
    imports it.
    """
    with database.transaction() as connection:
        if get(connection, new.version):
            return False
    store.put_model(new.version, new.files)
    with database.transaction() as connection:
        parameters = {
            "version": new.version,
            "name": new.card["name"],
            "sha256": bytes.fromhex(new.manifest["files"]["model.onnx"]),
            "card": Json(new.card),
            "manifest": Json(new.manifest),
            "origin": origin,
        }
        if connection.execute(QUERIES["insert_model"], parameters).fetchone() is None:
            return False
        if origin == "shipped":
            lifecycle.place_shipped(connection, new.version)
        if origin == "imported":
            sha256 = new.manifest["files"]["model.onnx"]
            audit.record(connection, Action.MODEL_IMPORTED, new.version, by=by, name=new.card["name"], sha256=sha256)
    return True


def get(connection: Connection, version: str) -> Row | None:
    """One version with its state and aliases, named by its number or by an alias."""
    return connection.execute(QUERIES["get_model"], {"version": version}).fetchone()


def all_versions(connection: Connection) -> list[Row]:
    return list(connection.execute(QUERIES["list_models"]))
