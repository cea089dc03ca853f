"""What the command line says to a person: the texts that every language has."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from jinwi.results.jobs import Failure, Reason, State, Verdict
from jinwi.results.retraining import RunFailure, RunOutcome, RunStage, RunState
from jinwi.results.reviews import Label
from jinwi.texts.people import PeopleTexts
from shared.domain import reason_texts
from shared.domain.domain_texts import DomainTexts, per_cent
from shared.domain.finding_texts import FindingTexts

PROBLEM_TYPE = "urn:jinwi:problem:"


class Code(StrEnum):
    EN = "en"
    KO = "ko"


@dataclass(frozen=True, kw_only=True, slots=True)
class Language:
    """Texts with {names} are filled in with `str.format`."""

    code: Code
    ai_probability: str
    human_probability: str
    percent: str
    verdicts: Mapping[Verdict, str]
    states: Mapping[State, str]
    advisory: str

    file: str
    verdict: str
    kind: str
    why: str
    job: str
    state: str
    created: str
    external_id: str
    lane: str
    paused: str
    running: str
    version: str
    aliases: str
    entry: str
    value: str
    whole_card: str
    name: str
    key: str
    scopes: str
    revoked: str
    refused: str

    verifying: str
    counts: str
    skipped: str
    skipped_empty: str
    skipped_unreadable: str
    skipped_twin: str
    nothing: str
    not_found: str
    more_rows: str
    summary: str
    expectation: str
    no_expectation: str
    sheet_title: str
    maps: str
    interrupted: str
    go_on: str
    key_once: str

    cannot_reach: str
    no_key: str
    bad_key: str
    forbidden: str
    busy: str
    missing_extra: str
    not_a_journal: str
    other_server: str
    bad_setting: str

    settled: str
    finding: FindingTexts
    """Of what a file says of its own origin."""
    nothing_said: str
    cut_short: str
    not_read: str

    stable: str
    flips: str
    stability_unknown: str

    labels: Mapping[Label, str]
    distance: str
    review: str
    review_reason: str
    same_file: str
    seen_before: str
    person_said: str
    not_seen_before: str
    weak_hash: str
    likeness: str
    reference_index: str
    pictures: str
    near_reference: str
    no_proof: str
    embedding_distance: str
    embedding_likeness: Mapping[str, str]
    near_by_embedding: str
    traces: str
    unsearched: str
    indexing: str
    indexing_paused: str
    indexed: str
    index_removed: str

    uploading: str
    brought: str
    uncalibrated: str
    registered: str
    registered_before: str
    promoted: str
    rolled_back: str
    version_removed: str
    begun: Mapping[str, str]
    """By the state that a version came to."""
    challenger_stopped: str
    frozen: str
    unfrozen: str
    pinned: str
    unpinned: str
    version_states: Mapping[str, str]
    rollout: str
    compared: str
    tenants: str
    challenger_errors: str
    agreement: str
    overturned: Mapping[str, str]
    card_needed: str
    folder_has_card: str
    out_or_promote: str
    downloading: str
    exported: str
    signed_by: str
    signed_by_unknown: str
    export_unsigned: str
    trusted: str
    unknown_key: str
    pull_unsigned: str
    no_archive: str
    archive_truncated: str
    archive_changed: str
    signature_damaged: str
    other_version: str
    file_exists: str
    insecure_address: str
    not_downloaded: str
    too_many_redirects: str
    download_too_large: str
    download_too_slow: str

    changelog: Mapping[str, str]
    """The words of `shared.domain.changelog`."""

    gold_added: str
    gold_gap: str
    gold_outside: str
    gold_nothing: str
    gold_both: str
    gold_other: str
    gold_removed: str
    gold_unknown: str
    gold_part: str
    gold_label: str
    gold_owner: str
    gold_images: str
    gold_owners: str

    webhook: str
    address: str
    event: str
    events: str
    all_events: str
    description: str
    enabled: str
    failing: str
    disabled: Mapping[str, str]
    failing_since: str
    signature_key: str
    signature_key_once: str
    both_sign: str
    webhook_removed: str
    recover_held: str
    recovered: str
    delivery: str
    delivery_states: Mapping[str, str]
    attempt: str
    attempts: str
    status: str
    milliseconds: str
    at: str
    answer: str
    more_deliveries: str

    created_key: str
    action: str
    subject: str
    act_details: str
    by_itself: str
    more_acts: str
    more_jobs: str
    bad_job_id: str
    interrupted_after: str
    lane_paused: str
    no_card: str
    other_basis: str
    others: str
    held: str
    interval: str
    about: str
    under_tenth: str
    no_preview: str

    spot_check: str
    drawn_at: str
    label: str
    spot_check_labels: Mapping[str, str]
    regression_case: str
    reason_given: str
    more_spot_checks: str
    written_to: str

    unknown_setting: str
    starting: str
    runs_at: str
    key_at: str
    earlier_jobs: str
    stop_with: str
    stop_detached_with: str
    stopping: str
    stopped: str
    still_stopping: str
    nothing_runs: str
    already_running: str
    already_starting: str
    port_in_use: str
    cannot_listen: str

    run: str
    run_states: Mapping[RunState, str]
    stages: Mapping[RunStage, str]
    outcomes: Mapping[RunOutcome, str]
    run_failures: Mapping[RunFailure, str]
    detail: str
    run_waits: str
    run_asked_for: str
    mode: str
    considered: str
    admitted: str
    ruling: str
    limit: str
    steps: str
    loss: str
    eta: str
    more_runs: str
    no_retrainer: str
    people: PeopleTexts
    """Of the commands about reviews, links and appeals."""
    domain: DomainTexts
    """Of a picture's kind and the model's record there."""

    known: Mapping[str, str] = field(default_factory=dict)
    """Reasons by their code, where the server's own English is not to be shown."""

    problems: Mapping[str, str] = field(default_factory=dict)
    """Refusals by their kind, the end of a problem's type; {detail} is the problem's own English."""

    def percents(self, ai_probability: float) -> tuple[str, str]:
        """The AI and the human probability in whole percent: they add up to 100, and none is certain."""
        ai = math.floor(100 * ai_probability + 0.5)
        if ai < 1:
            return self.percent.format("< 1"), self.percent.format("> 99")
        if ai > 99:
            return self.percent.format("> 99"), self.percent.format("< 1")
        return self.percent.format(ai), self.percent.format(100 - ai)

    def reason(self, reason: Reason | Failure, found: Mapping[str, Any] | None = None) -> str:
        """`found` is `evidence.domain` of a result, whose figures some reasons give."""
        code = reason.code if isinstance(reason, Reason) else reason.reason
        return reason_texts.reason(code, self.known, found, self.domain, per_cent) or reason.detail

    def problem(self, problem: Mapping[str, Any]) -> str:
        """What a problem document (RFC 9457) says to a person."""
        detail = str(problem.get("detail") or problem.get("title") or "")
        kind = str(problem.get("type")).removeprefix(PROBLEM_TYPE)
        return self.problems.get(kind, "{detail}").format(detail=detail)
