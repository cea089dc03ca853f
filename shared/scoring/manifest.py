"""The manifest of a version directory: the SHA-256 of every other file in it."""

import hashlib
import json
from pathlib import Path

from shared.errors import ModelRefused

MANIFEST = "manifest.json"


def write_manifest(directory: Path) -> None:
    names = sorted(path.name for path in directory.iterdir() if path.name != MANIFEST)
    files = {name: hashlib.sha256((directory / name).read_bytes()).hexdigest() for name in names}
    (directory / MANIFEST).write_text(json.dumps({"files": files}, indent=2) + "\n", encoding="utf-8")


def read_verified(directory: Path) -> dict[str, bytes]:
    """Every file that the manifest names, read once and found to have its SHA-256.

    What is used afterwards are these bytes, so that no file can change between check and use.
    Raises ModelRefused when a file is missing or differs, or the manifest itself cannot be read.
    """
    manifest = directory / MANIFEST
    try:
        hashes = dict(json.loads(manifest.read_text(encoding="utf-8"))["files"].items())
        contents = {name: (directory / Path(name).name).read_bytes() for name in hashes}
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as exc:
        raise ModelRefused(f"{directory}: the manifest or a file that it names cannot be read: {exc}") from exc
    for name, content in contents.items():
        if hashlib.sha256(content).hexdigest() != hashes[name]:
            raise ModelRefused(f"{directory / name} is not the file that {MANIFEST} describes")
    return contents
