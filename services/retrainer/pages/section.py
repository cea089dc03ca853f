"""A chapter of a report that stands alone: HTML with its pictures inside, and the same figures as data."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from services.retrainer.statistics.bootstrap import Interval


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """`html` goes under a heading `title`, `data` into JSON (no nan), `files` beside the report, by name."""

    title: str
    html: str
    data: Mapping[str, Any]
    files: Mapping[str, bytes] = field(default_factory=dict)


def document(value: Any) -> Any:
    """`value` for JSON: intervals as objects, numbers to six digits, None for what is not finite."""
    if isinstance(value, Interval):
        return value.document()
    if isinstance(value, Mapping):
        return {key: document(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [document(item) for item in value]
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    return value
