"""The answer as bytes that anyone can make again, and their hash: what a printed result can be held against."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def canonical(result: Mapping[str, Any]) -> bytes:
    """The `result` of a job document as JSON: names sorted, no space, all but ASCII escaped.

    What Python writes with `json.dumps(result, sort_keys=True, separators=(",", ":"))`, numbers in their shortest form
    that reads back the same. Raises ValueError for what is no JSON.
    """
    return json.dumps(result, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def answer_hash(result: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical answer, in hexadecimal."""
    return hashlib.sha256(canonical(result)).hexdigest()
