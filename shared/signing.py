"""Who vouches for a model version: `model.sig` over every file of its directory, as OpenSSF Model Signing has it.

The signature is a Sigstore bundle that holds a DSSE envelope around an in-toto statement of file names and SHA-256
(https://github.com/sigstore/model-transparency, `model_signing/signature/v1.0`), made with an elliptic-curve key. The
package `model-signing` writes it. It is read here: the package takes 50 MB and 0.3 s to import, prints to standard
output about old bundles and accepts what versions before 1.0 wrote; a worker needs none of it, and holds the hashes of
the very bytes that it goes on to use.
"""

import base64
import binascii
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import structlog
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec

from shared.config import Settings
from shared.errors import ConfigurationError, FilesChanged, KeyNotTrusted, SignatureDamaged, Unsigned
from shared.pem import DIGESTS, PublicKey, key_files, public_keys, public_of

SIGNATURE = "model.sig"

SIGNATURE_BYTES = 1 << 20
"""A bundle over the 16 files that a version may have takes 4 kB."""

_BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
_PAYLOAD = "application/vnd.in-toto+json"
_STATEMENT = "https://in-toto.io/Statement/v1"
_PREDICATE = "https://model_signing/signature/v1.0"

log = structlog.get_logger("signing")


@dataclass(frozen=True, kw_only=True, slots=True)
class Trust:
    """Whose signatures count. `required`: what is unsigned is refused too."""

    keys: Mapping[str, PublicKey]
    required: bool = False

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The installation's own key and those of JINWI_MODEL_TRUST, as they lie there now.

        A file that cannot be read trusts nobody and is said in the log: it must not stop those who serve.
        """
        keys: list[PublicKey] = []
        for file in _files_of(settings):
            try:
                keys += public_keys(file)
            except (OSError, ConfigurationError) as exc:
                log.warning("public_key_unreadable", file=str(file), error=str(exc))
        return cls(keys={key.fingerprint: key for key in keys}, required=settings.model_signatures == "require")

    def check(self, signature: bytes | None, found: Mapping[str, str], *, signed: bool = False) -> str | None:
        """The fingerprint of the key that vouches for the files `found` (name → SHA-256 in hex), None for nobody.

        `signed`: the version is known to carry a signature, so that one was taken away where there is none. Raises
        Unsigned and what `verify` raises.
        """
        if signature is not None:
            return verify(signature, found, self.keys)
        if self.required or signed:
            raise Unsigned("it carries no signature")
        return None


def verify(signature: bytes, found: Mapping[str, str], keys: Mapping[str, PublicKey]) -> str:
    """The fingerprint of the key, among `keys`, that signed exactly the files `found` (name → SHA-256 in hex).

    Raises SignatureDamaged, KeyNotTrusted or FilesChanged.
    """
    hint, payload, signed = _opened(signature)
    if hint not in keys:
        raise KeyNotTrusted(hint)
    key = keys[hint].key
    message = b"DSSEv1 %d %s %d %s" % (len(_PAYLOAD), _PAYLOAD.encode(), len(payload), payload)
    try:
        key.verify(signed, message, ec.ECDSA(DIGESTS[key.curve.name]()))
    except InvalidSignature as exc:
        raise SignatureDamaged("the signature is not that of the key that it names") from exc
    said = _resources(payload)
    if changed := sorted(name for name in said.keys() | found.keys() if said.get(name) != found.get(name)):
        raise FilesChanged(changed)
    return hint


def vouch(directory: Path, settings: Settings) -> str | None:
    """Sign a version in this installation's name, if it has a key; the key's fingerprint.

    Raises ConfigurationError where its own workers would not trust the signature.
    """
    if settings.model_signing_key is None:
        return None
    signed_by = sign(directory, settings.model_signing_key)
    if signed_by not in Trust.of(settings).keys:
        raise ConfigurationError(
            "JINWI_MODEL_PUBLIC_KEY must name the public half of JINWI_MODEL_SIGNING_KEY: workers would refuse what it "
            f"signs ({signed_by})"
        )
    return signed_by


def sign(directory: Path, private_key: Path) -> str:
    """Write `model.sig` over every other file of `directory`; the key's fingerprint.

    Raises ConfigurationError where the key cannot be used.
    """
    # Only who signs pays for it.
    from model_signing import hashing, signing  # noqa: PLC0415

    public = public_of(private_key)
    target = directory / SIGNATURE
    target.unlink(missing_ok=True)
    files = hashing.Config().set_ignored_paths(paths=[target], ignore_git_paths=False)
    config = signing.Config().use_elliptic_key_signer(private_key=private_key)
    partial = directory.parent / f".{directory.name}.{os.getpid()}.sig"
    try:
        config.set_hashing_config(files).sign(directory, partial)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return public.fingerprint


def read_signature(directory: Path) -> bytes | None:
    """The signature beside a version's files, if there is one; raises SignatureDamaged where it is far too large."""
    try:
        with (directory / SIGNATURE).open("rb") as file:
            content = file.read(SIGNATURE_BYTES + 1)
    except FileNotFoundError:
        return None
    if len(content) > SIGNATURE_BYTES:
        raise SignatureDamaged(f"{SIGNATURE} has more than {SIGNATURE_BYTES:,} bytes")
    return content


def file_hashes(directory: Path) -> dict[str, str]:
    """SHA-256, in hex, of every file of `directory` but the signature itself."""
    found = {}
    for path in sorted(directory.iterdir()):
        if path.name != SIGNATURE:
            with path.open("rb") as file:
                found[path.name] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def _files_of(settings: Settings) -> Iterator[Path]:
    """Where the settings say that public keys lie; a folder that cannot be read is itself one that holds none."""
    for path in (settings.model_public_key, settings.model_trust):
        if path is not None:
            try:
                yield from key_files(path)
            except OSError:
                yield path


def _opened(signature: bytes) -> tuple[str, bytes, bytes]:
    """The fingerprint of the key that a bundle names, the signed payload, and the signature itself."""
    bundle = _parsed(signature)
    try:
        envelope = bundle["dsseEnvelope"]
        hint, (only,) = bundle["verificationMaterial"]["publicKey"]["hint"], envelope["signatures"]
        payload, signed = _decoded(envelope["payload"]), _decoded(only["sig"])
        kinds = (bundle["mediaType"], envelope["payloadType"])
    except (LookupError, TypeError, ValueError, AttributeError) as exc:
        raise SignatureDamaged("the signature is no bundle of a key's signature") from exc
    if kinds != (_BUNDLE, _PAYLOAD) or not isinstance(hint, str):
        raise SignatureDamaged("the signature is of another kind than a key's over a model's files")
    return hint, payload, signed


def _resources(payload: bytes) -> dict[str, str]:
    """File name → SHA-256 in hex, of a statement whose signature was found to be good."""
    statement = _parsed(payload)
    try:
        kinds = (statement["_type"], statement["predicateType"])
        listed = [(each["name"], each["algorithm"], each["digest"]) for each in statement["predicate"]["resources"]]
    except (LookupError, TypeError) as exc:
        raise SignatureDamaged("what is signed is no statement of a model's files") from exc
    said = {name: digest for name, algorithm, digest in listed if algorithm == "sha256"}
    if kinds != (_STATEMENT, _PREDICATE) or len(said) != len(listed):
        raise SignatureDamaged("what is signed is no statement of a model's files by their SHA-256")
    return said


def _parsed(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise SignatureDamaged("the signature is not JSON") from exc


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as exc:
        raise ValueError(text) from exc
