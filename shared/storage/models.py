"""Model versions: immutable rows and files, and the aliases that say which one scores."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from psycopg.types.json import Json

from shared.storage.db import Connection, Database
from shared.storage.objects import ObjectStore
from shared.storage.queries import QUERIES

Row = Mapping[str, Any]


def register(database: Database, store: ObjectStore, directory: Path, *, origin: str) -> bool:
    """Upload a version directory and write its row; False when that version is there already.

    The files go first: a row is never without its files. A version is never overwritten.
    """
    card = json.loads((directory / "card.json").read_text(encoding="utf-8"))
    manifest = json.loads((directory / "manifest.json").read_text(encoding="utf-8"))
    with database.transaction() as connection:
        if get(connection, card["version"]):
            return False
    store.put_model(card["version"], directory, sorted(manifest["files"]))
    with database.transaction() as connection:
        parameters = {
            "version": card["version"],
            "name": card["name"],
            "sha256": bytes.fromhex(manifest["files"]["model.onnx"]),
            "card": Json(card),
            "manifest": Json(manifest),
            "origin": origin,
        }
        if connection.execute(QUERIES["insert_model"], parameters).fetchone() is None:
            return False
        if origin == "shipped":
            _place_shipped(connection, card["version"])
    return True


def _place_shipped(connection: Connection, version: str) -> None:
    """A newly shipped version becomes champion if the champion was a shipped one or none, else challenger."""
    champion = get(connection, "champion")
    if champion is None or champion["origin"] == "shipped":
        if champion is not None:
            set_alias(connection, "previous", champion["version"])
        set_alias(connection, "champion", version)
    else:
        set_alias(connection, "challenger", version)


def get(connection: Connection, version: str) -> Row | None:
    """One version, named by its number or by an alias."""
    return connection.execute(QUERIES["get_model"], {"version": version}).fetchone()


def all_versions(connection: Connection) -> list[Row]:
    return list(connection.execute(QUERIES["list_models"]))


def set_alias(connection: Connection, alias: str, version: str) -> None:
    connection.execute(QUERIES["set_alias"], {"alias": alias, "version": version})
