"""What the page of a result says: the texts that each language has."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.domain.domain_texts import DomainTexts
from shared.domain.finding_texts import FindingTexts


@dataclass(frozen=True, kw_only=True, slots=True)
class Texts:
    """Texts with {names} are filled in with `str.format`."""

    code: str
    other_code: str
    other: str
    """The other language, in its own words."""

    verdicts: Mapping[str, str]
    """Of the model, and of people."""
    headline_by_people: str
    """Above all else, once people have decided; {verdict} is theirs."""
    meanings: Mapping[str, str]
    zones: Mapping[str, str]
    held: str
    settled: str
    advisory: str
    ai_share: str
    human_share: str
    scale: str
    picture: str
    map: str
    map_show: str
    map_legend: str
    unfinished: str
    unfinished_text: str
    failed: str

    rests_on: str
    thresholds: str
    thresholds_value: str
    model: str
    basis: str
    bases: Mapping[str, str]
    decided_at: str
    record: str
    record_value: str
    record_elsewhere: str
    no_record: str
    findings: str
    no_findings: str
    cut_short: str
    never_scored: str
    more: str
    finding_details: str
    known: Mapping[str, str]
    """Reasons by their code, where the server's own English is not to be shown."""

    people: str
    reviewed: Mapping[str, str]

    appeal: str
    appeal_lead: str
    appeal_print: str
    appeals: str
    appealed_at: str
    appeal_states: Mapping[str, str]
    appeal_reason: str
    message: str
    contact: str
    contact_hint: str
    files: str
    files_hint: str
    send: str
    no_more_appeals: str
    sent: str
    problems: Mapping[str, str]

    statement: str
    automated: str
    image_hash: str
    answer_hash: str
    answer_file: str
    address: str
    issued_at: str

    gone: Mapping[int, tuple[str, str]]
    """By the HTTP status: what happened, and what to do."""
    finding: FindingTexts
    domain: DomainTexts
