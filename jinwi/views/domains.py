"""What the model takes a picture for and its record with such pictures, for `jinwi verify`."""

from collections.abc import Iterator, Mapping
from typing import Any

from jinwi.results.jobs import Job
from jinwi.texts.language import Language
from shared.domain.domain_texts import per_cent, record_sentence, sentences


def kind(job: Job, language: Language) -> str:
    """In a few words; empty where the model says nothing of it."""
    found = found_in(job)
    if not found:
        return ""
    name = found["name"]
    return language.domain.names.get(name, name)


def record(job: Job, language: Language) -> str:
    """The record of the picture's kind, which it names; empty as above."""
    found = found_in(job)
    if not found:
        return ""
    name = found["name"]
    return f"{language.domain.names.get(name, name)}: {record_sentence(found['record'], language.domain, per_cent)}"


def lines(job: Job, language: Language) -> Iterator[str]:
    """Both in sentences, for `--evidence full`."""
    if found := found_in(job):
        yield " ".join(sentences(found, language.domain, per_cent))


def found_in(job: Job) -> Mapping[str, Any] | None:
    """`evidence.domain` of a job that has a result."""
    result = job.document.get("result")
    found: Mapping[str, Any] | None = result["evidence"].get("domain") if result else None
    return found
