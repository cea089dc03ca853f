"""A figure with its interval, as people read it."""

import math

from services.retrainer.pages.markup import Html, marked
from services.retrainer.statistics.bootstrap import Interval

NUMBER, SIGNED, SHARE = "{:.3f}", "{:+.3f}", "{:.1%}"
"""How a figure is written: plain, with its sign, in per cent."""


def written(value: float, form: str = NUMBER) -> str:
    """With a minus sign instead of a hyphen, and a space before the per cent sign; a dash where there is none."""
    return form.format(value).replace("-", "−").replace("%", " %") if math.isfinite(value) else "–"


def ranges(interval: Interval, form: str = NUMBER) -> str:
    """0.840 to 0.902; nothing where there is no interval, or no figure."""
    if not (math.isfinite(interval.value) and math.isfinite(interval.low)):
        return ""
    return f"{written(interval.low, form)} to {written(interval.high, form)}"


def text(interval: Interval, form: str = NUMBER) -> str:
    """0.871 (0.840 to 0.902)."""
    between = ranges(interval, form)
    return f"{written(interval.value, form)} ({between})" if between else written(interval.value, form)


def figure(interval: Interval, form: str = NUMBER, *, bad: bool = False) -> Html:
    """The same as markup, its interval small; with `bad` the figure in the colour of an alarm."""
    between = ranges(interval, form)
    value = marked(written(interval.value, form), "bad") if bad else written(interval.value, form)
    return Html(f"{value} <small>({between})</small>" if between else value)
