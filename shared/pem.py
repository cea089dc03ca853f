"""Keys of elliptic curves in PEM files: the pair of an installation, and the public ones of those whom it trusts."""

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from shared.errors import ConfigurationError

SUFFIXES = {".pem", ".pub"}

# As the bundle's specification pairs them (sigstore `PublicKeyDetails`: PKIX_ECDSA_P256_SHA_256 and so on).
DIGESTS: Mapping[str, type[hashes.HashAlgorithm]] = {
    "secp256r1": hashes.SHA256,
    "secp384r1": hashes.SHA384,
    "secp521r1": hashes.SHA512,
}

_BEGIN = b"-----BEGIN PUBLIC KEY-----"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """`fingerprint` is the SHA-256, in hex, of the key's PEM text: what `sha256sum` says of the file."""

    key: ec.EllipticCurvePublicKey
    fingerprint: str


def make_key_pair(private: Path, public: Path, *, private_mode: int = 0o600, public_mode: int = 0o644) -> bool:
    """Write a new EC P-256 pair as PEM unless there is one; whether one was made. A private key is never replaced.

    Where only the public half is missing, it is made of the private one.
    """
    made = not private.exists()
    if made:
        content = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        _write(private, content, private_mode)
    if made or not public.exists():
        _write(public, _pem(public_of(private).key), public_mode)
    return made


def read_public_keys(path: Path) -> list[PublicKey]:
    """The public keys of a PEM file, or of a folder's `.pem` and `.pub` files; raises ConfigurationError."""
    try:
        return [key for file in key_files(path) for key in public_keys(file)]
    except OSError as exc:
        raise ConfigurationError(f"{path}: the public keys cannot be read: {exc.strerror}") from exc


def key_files(path: Path) -> list[Path]:
    return sorted(each for each in path.iterdir() if each.suffix in SUFFIXES) if path.is_dir() else [path]


def public_keys(file: Path) -> Iterable[PublicKey]:
    """Of one file; raises ConfigurationError for what is none, OSError."""
    before, *texts = file.read_bytes().split(_BEGIN)
    if b"PRIVATE KEY" in before or not texts:
        raise ConfigurationError(f"{file} holds no public key in PEM; a private one stays with whoever signs")
    for text in texts:
        try:
            key = serialization.load_pem_public_key(_BEGIN + text)
        except (ValueError, UnsupportedAlgorithm) as exc:
            raise ConfigurationError(f"{file} holds no readable public key in PEM ({exc})") from exc
        if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name not in DIGESTS:
            raise ConfigurationError(f"{file}: the key must be one of the elliptic curves P-256, P-384 and P-521")
        yield _named(key)


def public_of(private_key: Path) -> PublicKey:
    """The public half of JINWI_MODEL_SIGNING_KEY; raises ConfigurationError."""
    try:
        key = serialization.load_pem_private_key(private_key.read_bytes(), None)
    except OSError as exc:
        raise ConfigurationError(f"JINWI_MODEL_SIGNING_KEY: {private_key} cannot be read: {exc.strerror}") from exc
    except (ValueError, TypeError, UnsupportedAlgorithm) as exc:
        raise ConfigurationError(
            f"JINWI_MODEL_SIGNING_KEY: {private_key} holds no private key in PEM that is not encrypted ({exc})"
        ) from exc
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name not in DIGESTS:
        raise ConfigurationError(f"JINWI_MODEL_SIGNING_KEY: {private_key} must hold a key of an elliptic curve (P-256)")
    return _named(key.public_key())


def _named(key: ec.EllipticCurvePublicKey) -> PublicKey:
    return PublicKey(key=key, fingerprint=hashlib.sha256(_pem(key)).hexdigest())


def _pem(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def _write(file: Path, content: bytes, mode: int) -> None:
    """Never half-written, and never readable by more than it is meant for."""
    partial = file.with_name(f".{file.name}.{os.getpid()}")
    partial.unlink(missing_ok=True)
    partial.touch(mode=0o600)
    partial.write_bytes(content)
    partial.chmod(mode)
    partial.replace(file)
