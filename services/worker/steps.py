"""How long the steps of a job take, as /metrics and the job's own `timings_ms` tell it."""

import time

from shared.metrics import STEP_SECONDS, observe


def elapsed(step: str, started: float) -> float:
    """Observe a step that began at `started` (perf_counter); its milliseconds."""
    return observed(step, time.perf_counter() - started)


def observed(step: str, seconds: float) -> float:
    """Observe a step of a known length; its milliseconds."""
    observe(STEP_SECONDS, seconds, step)
    return round(seconds * 1000, 2)
