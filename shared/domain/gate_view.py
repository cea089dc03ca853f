"""A judgement for a person: its rulings as a table in Markdown, or as rows for a terminal."""

from shared.domain.gate import Judgement, Ruling, Weight

HEADS = ("rule", "of", "measured", "bounds, 95 % one-sided", "limit", "ruling")
"""Two limits are the measured number's and its bound's."""


def markdown(judgement: Judgement) -> str:
    """The verdict as a sentence, a table of all rulings, and what each failed one says."""
    lines = [headline(judgement), "", f"| {' | '.join(HEADS)} |", f"|{' --- |' * len(HEADS)}"]
    lines += [f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows(judgement)]
    if told := [ruling for ruling in judgement.rulings if not ruling.passed]:
        lines += ["", *(f"- `{ruling.name}`: {ruling.detail}" for ruling in told)]
    return "\n".join(lines) + "\n"


def headline(judgement: Judgement) -> str:
    """In one sentence: who was judged against whom, and how it ended."""
    failed = list(dict.fromkeys(ruling.name for ruling in judgement.failed))
    ended = f"refused by {', '.join(failed)}" if failed else "passed"
    return (
        f"Candidate {judgement.candidate} against the champion {judgement.champion} and the shipped version "
        f"{judgement.shipped}: {ended}."
    )


def rows(judgement: Judgement) -> list[tuple[str, ...]]:
    """A row of texts for each ruling, by HEADS: the failed ones first, each group in the gate's order."""
    ordered = sorted(judgement.rulings, key=lambda ruling: ruling.passed)
    return [
        (
            ruling.name,
            ", ".join(ruling.subjects),
            _number(ruling.value),
            "" if ruling.low is None or ruling.high is None else f"{_number(ruling.low)} to {_number(ruling.high)}",
            _number(ruling.limit) if ruling.value_limit is None else f"{ruling.value_limit:.4g} and {ruling.limit:.4g}",
            _word(ruling),
        )
        for ruling in ordered
    ]


def _word(ruling: Ruling) -> str:
    if not ruling.judged:
        return "passed, not judged" if ruling.passed else "refused, not judged"
    if ruling.passed:
        return "passed"
    return "notice" if ruling.weight is Weight.NOTICE else "refused"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"
