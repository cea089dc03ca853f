"""Tenants own things; keys only carry scopes; a policy says how a tenant wants to be served."""

import base64
import hashlib
import secrets
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any
from uuid import UUID

from shared.domain.domains import CAP
from shared.domain.verdict import Thresholds

KEY_PREFIX = "jinwi_"
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class Scope(StrEnum):
    SUBMIT = "submit"
    READ = "read"
    REVIEW = "review"
    MODELS = "models"
    LABEL = "label"
    ADMIN = "admin"


def _checksum(body: str) -> str:
    number, digits = zlib.crc32(body.encode()), ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        digits = _ALPHABET[digit] + digits
    return digits


def new_key() -> str:
    """A key of 40 random characters and a checksum, so that scanners can tell a real one from noise.

    The form follows GitHub's token format (2021): prefix, entropy, CRC-32 in base 62.
    """
    body = "".join(secrets.choice(_ALPHABET) for _ in range(40))
    return f"{KEY_PREFIX}{body}{_checksum(body)}"


def is_well_formed(key: str) -> bool:
    """Whether the checksum fits: a mistyped key is refused without asking the database."""
    body = key.removeprefix(KEY_PREFIX)
    return key.startswith(KEY_PREFIX) and body.isascii() and len(body) == 46 and _checksum(body[:40]) == body[40:]


def hash_key(key: str) -> bytes:
    """SHA-256: the only form in which a key is kept (40 random characters need no slow hash)."""
    return hashlib.sha256(key.encode()).digest()


def new_webhook_secret() -> str:
    """`whsec_` and 32 random bytes in base64, as Standard Webhooks 1.0 says."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """A tenant's settings. `None` means: as the model's card, the champion, or the installation says."""

    thresholds: Thresholds | None = None
    model: str | None = None
    evidence: str = "basic"
    provenance: str = "report"
    domain_cap: float = CAP
    allow_training: bool = False
    retention_days: int | None = None

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Policy":
        """Leaves out what it does not know: a newer process may have written it."""
        known = {field.name: document[field.name] for field in fields(cls) if field.name in document}
        thresholds = known.get("thresholds")
        return cls(**{**known, "thresholds": Thresholds(**thresholds) if thresholds else None})

    def document(self) -> dict[str, Any]:
        return {
            "thresholds": self.thresholds.document() if self.thresholds else None,
            "model": self.model,
            "evidence": self.evidence,
            "provenance": self.provenance,
            "domain_cap": self.domain_cap,
            "allow_training": self.allow_training,
            "retention_days": self.retention_days,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """How often a tenant may ask. `None` means: as the installation's settings say; 0: without limit."""

    submissions_per_minute: int | None = None
    requests_per_minute: int | None = None
    submissions_per_day: int | None = None


UNLIMITED = Limits(submissions_per_minute=0, requests_per_minute=0, submissions_per_day=0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """Who a key speaks for, as found in the database at this request."""

    key_id: UUID
    tenant_id: UUID
    scopes: frozenset[Scope]
    limits: Limits
