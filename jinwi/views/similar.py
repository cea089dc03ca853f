"""Where a picture was seen before, in sentences and as tables."""

from collections.abc import Iterator

from jinwi.results.twins import Reference, Similar, Twin
from jinwi.terminal import Terminal
from jinwi.texts.language import Language


def show(terminal: Terminal, similar: Similar) -> None:
    language = terminal.language
    if similar.jobs:
        headings = [
            language.job,
            language.distance,
            language.verdict,
            language.review,
            language.review_reason,
            language.external_id,
        ]
        terminal.table(headings, list(_rows(similar, language)))
        terminal.note(language.likeness)
    else:
        terminal.say(language.not_seen_before)
    if similar.references:
        rows = [
            [one.index, one.name, _distance(one, language), _embedding(one, language)] for one in similar.references
        ]
        headings = [language.reference_index, language.name, language.distance, language.embedding_distance]
        terminal.table(headings, rows)
        terminal.note(language.no_proof)
        if similar.searched:
            terminal.note(language.traces)
    if similar.unsearched:
        terminal.note(language.unsearched.format(count=similar.unsearched))
    if not similar.sure:
        terminal.note(language.weak_hash.format(quality=similar.quality))


def lines(similar: Similar, language: Language) -> Iterator[str]:
    """For `jinwi verify --evidence full`: the first, who stands for all, and how many there are."""
    if not similar.jobs:
        yield language.not_seen_before
    else:
        first = similar.jobs[0]
        said = language.verdicts[first.verdict]
        how = language.same_file if first.same_file else f"{language.distance}: {first.distance}"
        yield language.seen_before.format(count=len(similar.jobs), job=first.job_id, how=how, verdict=said)
        yield f"  {language.likeness}"
        if first.review:
            yield f"  {language.person_said.format(label=language.labels[first.review.label])}"
    for one in similar.references:
        yield _near(one, language)
    if similar.references:
        yield f"  {language.no_proof}"
    if any(not one.near_by_hash for one in similar.references):
        yield f"  {language.traces}"
    if similar.unsearched:
        yield language.unsearched.format(count=similar.unsearched)
    if not similar.sure:
        yield language.weak_hash.format(quality=similar.quality)


def _rows(similar: Similar, language: Language) -> Iterator[list[str]]:
    for twin in similar.jobs:
        yield [
            twin.job_id,
            _distance(twin, language),
            language.verdicts[twin.verdict],
            language.labels[twin.review.label] if twin.review else "",
            twin.review.reason if twin.review else "",
            twin.external_id or "",
        ]


def _near(one: Reference, language: Language) -> str:
    if one.near_by_hash:
        return language.near_reference.format(index=one.index, name=one.name, distance=one.distance)
    return language.near_by_embedding.format(index=one.index, name=one.name, distance=_embedding(one, language))


def _embedding(one: Reference, language: Language) -> str:
    if one.embedding_distance is None or one.embedding_likeness is None:
        return ""
    return f"{one.embedding_distance:.2f} ({language.embedding_likeness[one.embedding_likeness]})"


def _distance(found: Twin | Reference, language: Language) -> str:
    return language.same_file if found.same_file else str(found.distance)
