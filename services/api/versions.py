"""The use case of an uploaded model version: check every file, store them, register. Nothing of it is run here."""

import hashlib
import json
import re
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, BinaryIO
from uuid import UUID

from fastapi import Request
from starlette.datastructures import UploadFile

from services.api.errors import Problem, invalid
from services.api.schemas.base import require_once
from services.api.schemas.fields import JSON_DEPTH, require_storable
from services.api.spool import Spool
from shared import archive
from shared.config import Settings
from shared.domain.model_card import ModelCard
from shared.errors import Busy, KeyNotTrusted, Outage, SignatureRefused, Unsigned, VersionReserved
from shared.signing import SIGNATURE, SIGNATURE_BYTES, Trust
from shared.storage import models
from shared.storage.db import Database
from shared.storage.models import MANIFEST, Row, VersionFiles
from shared.storage.objects import ObjectStore

NEEDED = ("card.json", "golden.npz", "model.onnx")

DOCUMENT_BYTES = 1 << 20
"""Most bytes of card.json and of the manifest."""

NAME_LENGTH = 200

VERSION_LENGTH = 40

BUSY = "Another version is being registered or removed. Send this one again when that is done."

RESERVED = (
    "Version {version} is kept for the retraining run {run_id}, which is under way. Give yours the next number, or "
    "send it again when that run has ended."
)

_SHA256 = re.compile(r"[0-9a-f]{64}")

# For the OpenAPI document, which FastAPI cannot tell from a route that reads the stream itself.
REQUEST_BODY: Mapping[str, Any] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "description": "Every file of a version directory, each in a field of the file's own name.",
                "properties": {name: {"type": "string", "format": "binary"} for name in (MANIFEST, *NEEDED)},
                "required": [MANIFEST, *NEEDED],
                "additionalProperties": {"type": "string", "format": "binary"},
            },
            "example": dict.fromkeys((MANIFEST, *NEEDED, "metrics.json"), "(bytes)"),
        }
    },
}


@asynccontextmanager
async def uploaded(request: Request, spool: Spool, by: UUID) -> AsyncGenerator[Mapping[str, BinaryIO]]:
    """The files of the form that this key sends, by name, closed at the end. Raises Problem and Outage."""
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise Problem("unsupported-media-type", "Send the files of a version as multipart/form-data.")
    async with spool.form(request, by, max_files=archive.MOST_FILES, max_fields=archive.MOST_FILES) as form:
        require_once(name for name, _ in form.multi_items())
        if texts := [name for name, value in form.multi_items() if not isinstance(value, UploadFile)]:
            raise invalid(dict.fromkeys(texts, "must be a file"))
        yield {name: value.file for name, value in form.multi_items() if isinstance(value, UploadFile)}


def register(
    files: Mapping[str, BinaryIO], by: UUID, database: Database, store: ObjectStore, settings: Settings
) -> tuple[Row, bool]:
    """The version's row, and whether it was made now, by this key; the very same files again are no second version.

    Raises the Problem that names each wrong file, or that the version is taken or reserved, and Outage.
    """
    new = check(files, Trust.of(settings))
    try:
        made = models.register_files(database, store, new, origin="imported", by=by, patience=0)
    except Busy as exc:
        raise Problem("conflict", BUSY) from exc
    except VersionReserved as exc:
        raise Problem("conflict", RESERVED.format(version=exc.version, run_id=exc.run_id)) from exc
    with database.transaction() as connection:
        row = models.get(connection, new.version)
    assert row is not None
    if not made and row["manifest"] != new.manifest:
        raise Problem("conflict", f"Version {new.version} is taken, by other files. Choose the next number.")
    return row, made


def check(files: Mapping[str, BinaryIO], trust: Trust) -> VersionFiles:
    """Raises the Problem that names each file which is missing, unknown, damaged, no card or not vouched for."""
    hashes = _hashes(_document(files, MANIFEST))
    given = files.keys() - {MANIFEST, SIGNATURE}
    wrong = dict.fromkeys(sorted({*NEEDED} - hashes.keys()), f"must be among the files of {MANIFEST}")
    wrong |= dict.fromkeys(sorted(hashes.keys() - given), f"is missing, though {MANIFEST} names it")
    wrong |= dict.fromkeys(sorted(given - hashes.keys()), f"is not among the files of {MANIFEST}: leave it out")
    if wrong:
        raise invalid(wrong)
    if damaged := [name for name in sorted(hashes) if _sha256(files[name]) != hashes[name]]:
        raise invalid(dict.fromkeys(damaged, f"has not the SHA-256 that {MANIFEST} says: send it as it was made"))
    signed_by = _signed_by(files, {**hashes, MANIFEST: _sha256(files[MANIFEST])}, trust)
    return VersionFiles(card=_card(files), manifest={"files": hashes}, files=files, signed_by=signed_by)


def _signed_by(files: Mapping[str, BinaryIO], found: Mapping[str, str], trust: Trust) -> str | None:
    """The fingerprint of the key that vouches for the files, by name and SHA-256; None where none has to."""
    signature = None
    if SIGNATURE in files:
        files[SIGNATURE].seek(0)
        signature = files[SIGNATURE].read(SIGNATURE_BYTES)
    try:
        return trust.check(signature, found)
    except Unsigned as exc:
        raise invalid({SIGNATURE: "is missing: signed versions alone are taken here"}) from exc
    except KeyNotTrusted as exc:
        raise invalid({SIGNATURE: f"{exc}. Whoever runs this installation adds keys (JINWI_MODEL_TRUST)"}) from exc
    except SignatureRefused as exc:
        raise invalid({SIGNATURE: f"does not hold: {exc}"}) from exc


def _hashes(manifest: Any) -> dict[str, str]:
    try:
        hashes = dict(manifest["files"].items())
    except (KeyError, TypeError, AttributeError) as exc:
        raise invalid({MANIFEST: 'must be {"files": {NAME: SHA-256}}'}) from exc
    if not hashes or not all(_is_entry(name, value) for name, value in hashes.items()):
        raise invalid({MANIFEST: "must name plain files, in small letters, each with its SHA-256 in hexadecimal"})
    return hashes


def _is_entry(name: str, value: object) -> bool:
    is_hash = isinstance(value, str) and _SHA256.fullmatch(value)
    return bool(is_hash) and bool(archive.NAME.fullmatch(name)) and name not in {MANIFEST, SIGNATURE}


def _card(files: Mapping[str, BinaryIO]) -> Mapping[str, Any]:
    document = _document(files, "card.json")
    try:
        require_storable(document, JSON_DEPTH)
        card = ModelCard.from_document(document)
    except (ValueError, TypeError, AttributeError) as exc:
        raise invalid({"card.json": f"is no card: {exc}"}) from exc
    if not isinstance(card.name, str) or not 1 <= len(card.name) <= NAME_LENGTH:
        raise invalid({"card.json": f"is no card: 'name' must be a text of 1 to {NAME_LENGTH} characters"})
    if len(card.version) > VERSION_LENGTH:
        raise invalid({"card.json": f"is no card: 'version' must have at most {VERSION_LENGTH} characters"})
    return card.document


def _document(files: Mapping[str, BinaryIO], name: str) -> Any:
    if name not in files:
        raise invalid({name: "is missing: send it as a file part of this name"})
    files[name].seek(0)
    text = files[name].read(DOCUMENT_BYTES + 1)
    if len(text) > DOCUMENT_BYTES:
        raise invalid({name: f"has more than {DOCUMENT_BYTES:,} bytes"})
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise invalid({name: "is not JSON"}) from exc


def _sha256(file: BinaryIO) -> str:
    file.seek(0)
    return hashlib.file_digest(file, "sha256").hexdigest()


def packed(row: Row, store: ObjectStore) -> tuple[int, Iterator[bytes]]:
    """A registered version as one file: its length in bytes, and its pieces. Raises Outage where a file is missing."""
    there = store.model_sizes(row["version"])
    names = {*row["manifest"]["files"], MANIFEST}
    if missing := sorted(names - there.keys()):
        raise Outage("model", f"{', '.join(missing)} of version {row['version']} is not in the object store")
    sizes = {name: there[name] for name in there.keys() & {*names, SIGNATURE}}
    contents = {name: store.model_file(row["version"], name) for name in sizes}
    return archive.length(sizes), archive.pieces(sizes, contents)
