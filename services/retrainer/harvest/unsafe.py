"""Says it where a setting is unsafe. Imports nothing heavy: the retrainer that stands by says it too."""

import structlog

from shared.config import Settings
from shared.domain.retraining import Rule

log = structlog.get_logger("retrainer")


def warn(settings: Settings) -> None:
    """Where labels are taken from the scores as they stand; at the retrainer's start, and at each harvest."""
    if Rule(settings.harvest_rule) is Rule.CONFIDENT:
        log.warning(
            "harvest_rule_is_unsafe",
            rule=settings.harvest_rule,
            detail="Scores become labels as they stand: it learns its own errors. Set JINWI_HARVEST_RULE=corroborated",
        )
