"""What `jinwi verify` leaves: JSON lines, a CSV file, a table; the contact sheet has a file of its own."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinwi.inputs.verify import Ended, Tally
from jinwi.results.evidence import Basis
from jinwi.results.jobs import Job
from jinwi.results.models import Model, Rate
from jinwi.terminal import Terminal
from jinwi.texts.language import Language
from jinwi.views import domains

TABLE_ROWS = 1000

KIND = 4
"""The column of the table that is left out where no model says of what kind a picture is."""

CSV_HEADINGS = (
    "input",
    "state",
    "ai_probability",
    "human_probability",
    "verdict",
    "basis",
    "reasons",
    "provenance",
    "domain",
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
    kind: str = ""
    """What the model takes the picture for."""

    @classmethod
    def of(cls, ended: Ended, language: Language) -> "Words":
        if ended.job is None:
            why = language.problem(ended.problem or {})
            return cls(ai="–", human="–", verdict=language.refused, why=why)
        if ended.job.result is None:
            why = language.reason(ended.job.error) if ended.job.error else ""
            return cls(ai="–", human="–", verdict=language.states[ended.job.state], why=why)
        result = ended.job.result
        ai, human = language.percents(result.ai_probability)
        found = domains.found_in(ended.job)
        why = " ".join(language.reason(reason, found) for reason in result.reasons)
        if result.basis is Basis.PROVENANCE:
            why = f"{language.settled} {why}".rstrip()
        kind = domains.kind(ended.job, language)
        return cls(ai=ai, human=human, verdict=language.verdicts[result.verdict], why=why, kind=kind)


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
        return [ended.input.name, "refused", *[None] * (len(CSV_HEADINGS) - 3), error]
    job, result = ended.job, ended.job.result
    return [
        ended.input.name,
        job.state,
        result and result.ai_probability,
        result and result.human_probability,
        result and result.verdict,
        result and result.basis,
        result and " ".join(reason.code for reason in result.reasons),
        result and " ".join(f"{each.kind}:{each.claim}:{each.strength}" for each in result.provenance),
        result and result.domain and result.domain.domain,
        result and result.model_version,
        job.id,
        job.error and f"{job.error.reason}: {job.error.detail}",
    ]


Said = Callable[[Job, Language], Iterable[str]]
"""The evidence of a job that has a result, in sentences."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ResultTable:
    """Keeps the rows that are printed at the end, and no more than a person reads."""

    terminal: Terminal
    tally: Tally
    evidence: Said | None = None
    """What follows the table of each job, where that was asked for."""
    rows: dict[int, list[str]] = field(default_factory=dict)
    said: dict[int, list[str]] = field(default_factory=dict)
    records: dict[str, None] = field(default_factory=dict)
    """Of the kinds that occur, each once; with all evidence they stand with each job."""

    def add(self, ended: Ended) -> None:
        if len(self.rows) < TABLE_ROWS:
            words = Words.of(ended, self.terminal.language)
            self.rows[ended.input.number] = [
                ended.input.name,
                words.ai,
                words.human,
                words.verdict,
                words.kind,
                words.why,
            ]
            if words.kind and ended.job and not self.evidence:
                self.records[domains.record(ended.job, self.terminal.language)] = None
            if self.evidence and ended.job and ended.job.result:
                self.said[ended.input.number] = [*self.evidence(ended.job, self.terminal.language)]

    def show(self) -> None:
        language = self.terminal.language
        headings = [
            language.file,
            language.ai_probability,
            language.human_probability,
            language.verdict,
            language.kind,
            language.why,
        ]
        rows = [row for _, row in sorted(self.rows.items())]
        shown = [at for at in range(len(headings)) if at != KIND or any(row[KIND] for row in rows)]
        self.terminal.table([headings[at] for at in shown], [[row[at] for at in shown] for row in rows], right=2)
        for line in self.records:
            self.terminal.say(line)
        for number, said in sorted(self.said.items()):
            self.terminal.say("")
            self.terminal.say(self.rows[number][0])
            for line in said:
                self.terminal.say(f"  {line}")
        if self.said:
            self.terminal.say("")
        if self.tally.total > len(self.rows):
            self.terminal.say(language.more_rows.format(count=self.tally.total - len(self.rows)))
        self.terminal.say(summary(self.tally, language))
        self.terminal.say(language.advisory)


@contextmanager
def result_table(terminal: Terminal, tally: Tally, evidence: Said | None = None) -> Iterator[ResultTable]:
    """Shown at the end, if anything has ended by then."""
    table = ResultTable(terminal=terminal, tally=tally, evidence=evidence)
    try:
        yield table
    finally:
        if tally.total:
            table.show()


def summary(tally: Tally, language: Language) -> str:
    return language.summary.format(**tally.named())


def expectation(tally: Tally, model: Model | None, language: Language) -> str:
    """How many false accusations to expect among the images that `model` judged as its card measured."""
    sentences: list[str] = []
    if tally.judged:
        sentences += _expected(tally, model, language)
    if tally.held:
        sentences.append(language.held.format(held=tally.held))
    return " ".join(sentences)


def _expected(tally: Tally, model: Model | None, language: Language) -> Iterator[str]:
    if model is None:
        yield language.no_card
        return
    rate, count = model.false_accusation_rate, tally.judged_as(model)
    if rate is None:
        yield language.no_expectation
    elif not count:
        yield language.other_basis
    else:
        yield _rate_sentence(rate, count, language)
        if others := tally.judged - count:
            yield language.others.format(others=others)


def _rate_sentence(rate: Rate, count: int, language: Language) -> str:
    value, low, high = (_number(count * share, language) for share in (rate.value, rate.low, rate.high))
    return language.expectation.format(
        count=count,
        value=value if value == language.under_tenth else language.about.format(value),
        interval="" if high == language.under_tenth else language.interval.format(low=low, high=high),
        n=rate.n,
    )


def _number(expected: float, language: Language) -> str:
    if expected < 0.1:
        return language.under_tenth
    return f"{expected:.1f}" if expected < 10 else f"{expected:,.0f}"
