"""What `jinwi verify` leaves: JSON lines, a CSV file, a table; the contact sheet has a file of its own."""

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinwi.language import Language
from jinwi.results import Rate
from jinwi.terminal import Terminal
from jinwi.verify import Ended, Tally

TABLE_ROWS = 1000

CSV_HEADINGS = (
    "input",
    "state",
    "ai_probability",
    "human_probability",
    "verdict",
    "reasons",
    "model_version",
    "job_id",
    "error",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """One ending as a person reads it; the probabilities are dashes where there are none."""

    ai: str
    human: str
    verdict: str
    why: str

    @classmethod
    def of(cls, ended: Ended, language: Language) -> "Words":
        if ended.job is None:
            problem = ended.problem or {}
            why = str(problem.get("detail") or problem.get("title") or "")
            return cls(ai="–", human="–", verdict=language.refused, why=why)
        if ended.job.result is None:
            why = language.reason(ended.job.error) if ended.job.error else ""
            return cls(ai="–", human="–", verdict=language.states[ended.job.state], why=why)
        result = ended.job.result
        ai, human = language.percents(result.ai_probability)
        why = " ".join(language.reason(reason) for reason in result.reasons)
        return cls(ai=ai, human=human, verdict=language.verdicts[result.verdict], why=why)


class JsonLines:
    """One flushed line on standard output for each."""

    def add(self, ended: Ended) -> None:
        print(json.dumps(ended.document()), flush=True)  # noqa: T201 - the output that was asked for


class CsvFile:
    def __init__(self, writer: Any) -> None:
        self._writer = writer
        self._writer.writerow(CSV_HEADINGS)

    def add(self, ended: Ended) -> None:
        self._writer.writerow(_csv_row(ended))


@contextmanager
def csv_file(path: Path) -> Iterator[CsvFile]:
    # File names are bytes: those that are no UTF-8 come through as they are.
    with path.open("w", newline="", encoding="utf-8", errors="surrogateescape") as file:
        yield CsvFile(csv.writer(file))


def _csv_row(ended: Ended) -> list[Any]:
    if ended.job is None:
        problem = ended.problem or {}
        error = problem.get("detail") or problem.get("title")
        return [ended.input.name, "refused", None, None, None, None, None, None, error]
    job, result = ended.job, ended.job.result
    return [
        ended.input.name,
        job.state,
        result and result.ai_probability,
        result and result.human_probability,
        result and result.verdict,
        result and " ".join(reason.code for reason in result.reasons),
        result and result.model_version,
        job.id,
        job.error and f"{job.error.reason}: {job.error.detail}",
    ]


@dataclass(frozen=True, kw_only=True, slots=True)
class ResultTable:
    """Keeps the rows that are printed at the end, and no more than a person reads."""

    terminal: Terminal
    tally: Tally
    rows: dict[int, list[str]] = field(default_factory=dict)

    def add(self, ended: Ended) -> None:
        if len(self.rows) < TABLE_ROWS:
            words = Words.of(ended, self.terminal.language)
            self.rows[ended.input.number] = [
                ended.input.name,
                words.ai,
                words.human,
                words.verdict,
                words.why,
            ]

    def show(self) -> None:
        language = self.terminal.language
        headings = [
            language.file,
            language.ai_probability,
            language.human_probability,
            language.verdict,
            language.why,
        ]
        self.terminal.table(headings, [row for _, row in sorted(self.rows.items())], right=2)
        if self.tally.total > len(self.rows):
            self.terminal.say(language.more_rows.format(count=self.tally.total - len(self.rows)))
        self.terminal.say(summary(self.tally, language))
        self.terminal.say(language.advisory)


def summary(tally: Tally, language: Language) -> str:
    return language.summary.format(**tally.named())


def expectation(tally: Tally, rate: Rate | None, language: Language) -> str:
    """How many false accusations to expect among so many images, at the rate on the model's card."""
    if rate is None:
        return language.no_expectation
    count = tally.total - tally.failed
    value, low, high = (_number(count * share) for share in (rate.value, rate.low, rate.high))
    return language.expectation.format(count=count, value=value, low=low, high=high, n=rate.n)


def _number(expected: float) -> str:
    return f"{expected:.1f}" if 0 < expected < 10 else f"{expected:.0f}"
