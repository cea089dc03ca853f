"""The token of a permanent link: whoever has it may read one result, so it must not be guessed."""

import hashlib
import re
import secrets

TOKEN_BYTES = 32
_FORM = re.compile(r"[A-Za-z0-9_-]{43}")


def new_token() -> str:
    """256 random bits in the URL-safe base64 of RFC 4648, section 5, without padding: 43 characters."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def is_well_formed(token: str) -> bool:
    """Whether it can be one at all: what cannot is refused without asking the database."""
    return _FORM.fullmatch(token) is not None


def hash_token(token: str) -> bytes:
    """SHA-256, the only form in which a token is kept: 256 random bits need no slow hash."""
    return hashlib.sha256(token.encode()).digest()
