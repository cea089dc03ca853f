"""A model's card as rows for a person: what fits on a few screens, figures with their intervals."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Row = list[str]

TOO_LONG = {"bins", "classes", "confusion", "recall_by_generator", "found_likely_ai_by_generator"}
"""Parts of a card's metrics that only the JSON document shows."""

DIGITS = 3


def rows(document: Mapping[str, Any], path: str = "") -> Iterator[Row]:
    """[field, value] for each leaf of a JSON object; an object of value, low and high is one leaf."""
    for name, value in document.items():
        if name not in TOO_LONG:
            yield from _rows(f"{path}.{name}" if path else name, value)


def _rows(path: str, value: Any) -> Iterator[Row]:
    if isinstance(value, Mapping):
        if "value" in value and isinstance(value["value"], int | float):
            yield [path, _interval(value)]
        elif "called_ai" in value:
            low, high = map(_scalar, value["interval"])
            yield [path, f"{_scalar(value['rate'])} ({low} – {high}), {value['called_ai']:,} / {value['images']:,}"]
        elif "counts" in value:
            yield from _matrix(path, value)
        else:
            yield from rows(value, path)
    elif isinstance(value, list):
        yield from _of_list(path, value)
    else:
        yield [path, _scalar(value)]


def _matrix(path: str, found: Mapping[str, Any]) -> Iterator[Row]:
    """A confusion matrix, a row for each truth of which there is any, then the figures with it."""
    for truth, counts in zip(found["names"], found["counts"], strict=True):
        if any(counts):
            said = [f"{name} {count:,}" for name, count in zip(found["names"], counts, strict=True) if count]
            yield [f"{path}: {truth} →", ", ".join(said)]
    yield from rows({name: value for name, value in found.items() if name not in {"names", "counts"}}, path)


def _of_list(path: str, values: Sequence[Any]) -> Iterator[Row]:
    """Groups go by their names, other objects by their places; texts are a row each, other values one row."""
    if any(isinstance(value, str) for value in values):
        yield from ([path, _scalar(value)] for value in values)
    elif not any(isinstance(value, Mapping) for value in values):
        yield [path, ", ".join(map(_scalar, values))]
    else:
        for place, value in enumerate(values, 1):
            if "rate" in value:
                yield [f"{path}: {value['name']} ({value['images']:,})", _interval(value["rate"])]
            else:
                yield from _rows(f"{path}.{place}", value)


def _interval(found: Mapping[str, Any]) -> str:
    if "low" not in found:
        return _scalar(found["value"])
    return f"{_scalar(found['value'])} ({_scalar(found['low'])} – {_scalar(found['high'])})"


def _scalar(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.{DIGITS}f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
