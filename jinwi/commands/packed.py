"""The one file of a version, opened on this machine: unpacked aside, its hashes and its signature checked."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinwi.session import Complaint
from jinwi.terminal import Terminal
from shared import archive, pem, signing
from shared.config import Settings
from shared.errors import (
    ArchiveRefused,
    ArchiveTruncated,
    FilesChanged,
    KeyNotTrusted,
    SignatureRefused,
)
from shared.pem import PublicKey

MANIFEST = "manifest.json"

ROOM = 1 << 20
"""Bytes that an archive may have beside its files."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Keys:
    """Public keys by fingerprint, and where each was read."""

    keys: Mapping[str, PublicKey]
    places: Mapping[str, Path]


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """A version's folder, gone with the context; `signed_by` is None where no key that is known here vouches for it."""

    directory: Path
    card: Mapping[str, Any]
    signed_by: str | None
    claimed: str | None
    """Fingerprint that an unknown key has by its own account."""

    @property
    def version(self) -> str:
        return str(self.card["version"])


def known_keys(settings: Settings, *more: Path) -> Keys:
    """Keys that this machine trusts: those of the settings, of JINWI_HOME, and `more`. Raises ConfigurationError."""
    homes = (settings.home / "model_key.pub", settings.home / "trusted_keys")
    paths = [path for path in (settings.model_public_key, settings.model_trust) if path is not None]
    keys: dict[str, PublicKey] = {}
    places: dict[str, Path] = {}
    for path in (*more, *paths, *(path for path in homes if path.exists())):
        for key in pem.read_public_keys(path):
            keys[key.fingerprint] = key
            places.setdefault(key.fingerprint, path)
    return Keys(keys=keys, places=places)


@contextmanager
def opened(terminal: Terminal, file: Path, name: str, keys: Keys, max_bytes: int) -> Iterator[Opened]:
    """The version in `file`, which is shown, and was meant to be called, `name`.

    Raises Complaint where the file is not whole, not as it was packed or signed, or another version than its name says.
    """
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        _unpack(terminal, file, name, directory, max_bytes)
        found = signing.file_hashes(directory)
        card = _checked(terminal, name, directory, found)
        signed_by, claimed = _signer(terminal, name, directory, found, keys)
        version = Opened(directory=directory, card=card, signed_by=signed_by, claimed=claimed)
        _require_name(terminal, name, version)
        yield version


def _unpack(terminal: Terminal, file: Path, name: str, directory: Path, max_bytes: int) -> None:
    language = terminal.language
    try:
        with file.open("rb") as content:
            archive.unpack(content, directory, max_bytes=max_bytes + ROOM)
    except ArchiveTruncated as exc:
        raise Complaint(language.archive_truncated.format(name=name)) from exc
    except ArchiveRefused as exc:
        raise Complaint(language.no_archive.format(name=name, reason=exc)) from exc


def _checked(terminal: Terminal, name: str, directory: Path, found: Mapping[str, str]) -> Mapping[str, Any]:
    """The card, once every file is as the manifest says."""
    language = terminal.language
    try:
        said = dict(json.loads((directory / MANIFEST).read_text("utf-8"))["files"].items())
        card = dict(json.loads((directory / "card.json").read_text("utf-8")).items())
        there = {file: digest for file, digest in found.items() if file != MANIFEST}
        card["version"] = str(card["version"])
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as exc:
        raise Complaint(language.no_archive.format(name=name, reason=exc)) from exc
    if changed := sorted(file for file in said.keys() | there.keys() if said.get(file) != there.get(file)):
        raise Complaint(language.archive_changed.format(name=name, files=", ".join(changed)))
    return card


def _signer(
    terminal: Terminal, name: str, directory: Path, found: Mapping[str, str], keys: Keys
) -> tuple[str | None, str | None]:
    """The fingerprint of a known key that vouches for the files, and else that which an unknown one claims to have."""
    language = terminal.language
    try:
        signature = signing.read_signature(directory)
        return (signing.verify(signature, found, keys.keys) if signature is not None else None), None
    except KeyNotTrusted as exc:
        return None, exc.fingerprint
    except FilesChanged as exc:
        raise Complaint(language.archive_changed.format(name=name, files=", ".join(exc.names))) from exc
    except SignatureRefused as exc:
        raise Complaint(language.signature_damaged.format(name=name, reason=exc)) from exc


def _require_name(terminal: Terminal, name: str, version: Opened) -> None:
    """Who serves an old version under a new one's name is found out."""
    said = archive.FILE_NAME.fullmatch(name)
    if said and archive.file_name(str(version.card.get("name")), version.version) != name:
        raise Complaint(
            terminal.language.other_version.format(
                name=name, version=version.version, model=version.card.get("name"), said=said["version"]
            )
        )
