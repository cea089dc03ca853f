"""The only spelling of tasks and queues."""

from shared.domain.job import Lane, Stage

SCORE = "jinwi.score"
FETCH = "jinwi.fetch"
MAINTAIN = "jinwi.maintain"
RETRAIN = "jinwi.retrain"

TASKS = {Stage.SCORE: SCORE, Stage.FETCH: FETCH}

MAINTENANCE = "maintain"
"""The queue of housekeeping tasks; fetchers take it beside their own."""

RETRAINING = "retrain"
"""The queue of retraining runs; only the retrainer takes it."""

MAX_IDS = 64
"""Most ids that one message carries."""


def queue(stage: Stage, lane: Lane) -> str:
    return f"{stage}.{lane}"


def queues(stage: Stage) -> list[str]:
    """Both lanes of a stage, the one that is served first in front."""
    return [queue(stage, lane) for lane in (Lane.INTERACTIVE, Lane.BULK)]
