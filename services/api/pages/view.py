"""What the page of a result is made of, and how its numbers are written."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from services.api.pages.texts import Texts
from shared.domain.job import Job

PERCENT = "\N{NO-BREAK SPACE}%"


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """A result as whoever has its link may see it: nothing of the tenant's own names for it."""

    texts: Texts
    base: str
    """The address of the page, relative to where it is shown."""
    address: str
    """Of the page, as it was asked for."""
    now: datetime
    job: Job
    card: Mapping[str, Any] = field(default_factory=dict)
    """Of the model version that gave the answer; empty where it is not here."""
    has_map: bool = False
    appeals: Sequence[Mapping[str, Any]] = ()
    may_appeal: bool = False
    file_bytes: int = 0
    all_bytes: int = 0
    """What an appeal's files may have, each and together."""
    sent: bool = False
    problem: str | None = None
    """Why an appeal was not taken: a name in `texts.problems`."""
    draft: Mapping[str, str] = field(default_factory=dict)
    """What was written into the form that was not taken."""

    @property
    def result(self) -> dict[str, Any] | None:
        """As the API answers it."""
        answer: dict[str, Any] | None = self.job.document()["result"]
        return answer


def percents(ai_probability: float) -> tuple[str, str]:
    """Both probabilities in whole percents that add up to 100; the ends stay open, because no model is certain."""
    ai = math.floor(100 * ai_probability + 0.5)
    if ai < 1:
        return f"< 1{PERCENT}", f"> 99{PERCENT}"
    if ai > 99:
        return f"> 99{PERCENT}", f"< 1{PERCENT}"
    return f"{ai}{PERCENT}", f"{100 - ai}{PERCENT}"


def percent(share: float) -> str:
    """A threshold or a rate, with one decimal where it has one."""
    return f"{100 * share:.1f}".removesuffix(".0")


def share(value: float) -> str:
    """A share in [0, 1] with its percent sign."""
    return f"{percent(value)}{PERCENT}"


def instant(at: datetime | None) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if at else "–"


def size(count: int) -> str:
    return f"{count / 1e6:g} MB"
