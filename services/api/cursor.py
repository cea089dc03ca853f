"""Cursors of lists: the id of the last row shown, so that a page begins where the one before it ended."""

import base64
from uuid import UUID


def encode(last: UUID) -> str:
    return base64.urlsafe_b64encode(last.bytes).decode().rstrip("=")


def decode(cursor: str | None) -> UUID | None:
    """`cursor` has the form that `schemas.Cursor` checks."""
    return UUID(bytes=base64.urlsafe_b64decode(f"{cursor}==")) if cursor else None
