"""The operator's trust list: whose C2PA signatures count as trusted."""

import ssl
from pathlib import Path

from shared.errors import ConfigurationError

MOST_BYTES = 8 << 20
"""The C2PA programme's own list takes 0.2 MB."""


def read_trust_anchors(path: Path | None) -> str:
    """The certificates of a PEM file, or of a folder's `.pem`, `.crt` and `.cer` files; empty without a path.

    Raises ConfigurationError for a file that cannot be read, or holds none.
    """
    if path is None:
        return ""
    try:
        files = (
            sorted(each for each in path.iterdir() if each.suffix in {".pem", ".crt", ".cer"})
            if path.is_dir()
            else [path]
        )
        anchors = "\n".join(each.read_text("ascii") for each in files)
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=anchors)
    except (OSError, ValueError) as exc:  # ssl.SSLError is an OSError
        raise ConfigurationError(f"JINWI_C2PA_TRUST: {path} holds no readable certificates in PEM ({exc})") from exc
    if len(anchors) > MOST_BYTES:
        raise ConfigurationError(f"JINWI_C2PA_TRUST: {path} holds more than {MOST_BYTES:,} bytes")
    return anchors
