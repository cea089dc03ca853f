"""Jobs that an operator's reviewer is asked about, what they said, and the errors that must not come back.

Half of a day's budget is random, for the prevalence; half goes where something disagrees with the score. Only jobs that
are lent for training are ever drawn or shown. Nothing here commits.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from shared.storage.db import Connection
from shared.storage.queries import QUERIES

Row = Mapping[str, Any]

MOST_WAITING_DAYS = 7
"""Nothing is drawn while so many days' budget waits: nobody is labelling."""

FIRST = UUID(int=0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What an operator's reviewer says a picture is: `human`, `ai` or `unsure`, and whether it is a regression case."""

    label: str
    reason: str
    regression: bool = False


def draw(connection: Connection, *, per_day: int, window: timedelta) -> int:
    """Fill the budget of this day (UTC) from the lent jobs of the last `window`; how many were drawn.

    The random half gets the odd one, and what the other half finds nothing for stays undrawn.
    """
    connection.execute(QUERIES["lock_spot_checks"])
    drawn = connection.execute(QUERIES["spot_check_budget"]).fetchone()
    assert drawn is not None
    if drawn["waiting"] >= per_day * MOST_WAITING_DAYS:
        return 0
    wanted = {"random": per_day - per_day // 2, "disagreement": per_day // 2}
    statements = {"random": "draw_random", "disagreement": "draw_disagreements"}
    made = 0
    for kind, statement in statements.items():
        if (left := wanted[kind] - drawn[kind]) > 0:
            made += connection.execute(QUERIES[statement], {"window": window, "limit": left}).rowcount
    return made


def page(connection: Connection, *, decided: bool, limit: int, after_id: UUID | None = None) -> list[Row]:
    """Oldest first: those that wait, or those that were labelled."""
    parameters = {"decided": decided, "limit": limit, "after_id": after_id or FIRST}
    return list(connection.execute(QUERIES["list_spot_checks"], parameters))


def get(connection: Connection, check_id: UUID) -> Row | None:
    """One whose job is lent now, with the hash and format of its picture."""
    return connection.execute(QUERIES["get_spot_check"], {"id": check_id}).fetchone()


def label(connection: Connection, check_id: UUID, answer: Answer, *, by: UUID) -> Row | None:
    """Keep what the holder of the key `by` says; None: it is decided already, or its job is not lent any more."""
    parameters = {
        "id": check_id,
        "label": answer.label,
        "reason": answer.reason,
        "regression": answer.regression,
        "key_id": by,
    }
    row = connection.execute(QUERIES["label_spot_check"], parameters).fetchone()
    if row is not None and answer.regression:
        case = {"job_id": row["job_id"], "tenant_id": row["tenant_id"], "label": answer.label}
        connection.execute(QUERIES["insert_regression_case"], case)
    return row


def random_labels(connection: Connection, *, window: timedelta) -> dict[str, int]:
    """How often random spot checks of the last `window` found `ai`, `human` and `unsure`."""
    rows = connection.execute(QUERIES["count_random_labels"], {"window": window})
    return {row["label"]: row["checks"] for row in rows}


def counts(connection: Connection) -> list[Row]:
    """Spot checks by `kind` and by whether they are `decided`."""
    return list(connection.execute(QUERIES["count_spot_checks"]))


def regression_cases(connection: Connection) -> list[Row]:
    """The jobs, still lent, on which no version may err: with `label`, the picture's hash, and its PDQ where known."""
    return list(connection.execute(QUERIES["list_regression_cases"]))


def describe_regression_case(connection: Connection, case_id: UUID, pdq: bytes) -> None:
    """Keep the PDQ hash of its picture."""
    connection.execute(QUERIES["describe_regression_case"], {"id": case_id, "pdq": pdq})
