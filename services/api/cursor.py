"""Cursors of lists: opaque to clients, the id of the last row of a page to us."""

import base64
from uuid import UUID


def encode(last: UUID) -> str:
    return base64.urlsafe_b64encode(last.bytes).decode().rstrip("=")


def decode(cursor: str | None) -> UUID | None:
    """`cursor` has the form that `schemas.Cursor` checks."""
    return UUID(bytes=base64.urlsafe_b64decode(f"{cursor}==")) if cursor else None
