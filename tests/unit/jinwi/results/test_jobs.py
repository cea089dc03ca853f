"""The SDK reads what the domain writes."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from jinwi.results import evidence, jobs
from shared.domain import domains, job, verdict
from shared.domain.job import error_document, map_path
from shared.domain.provenance import Claim, Finding, Kind, Strength
from shared.domain.stability import Stability, View
from shared.domain.verdict import Thresholds
from tests.unit.jinwi.conftest import result_document

ID = UUID("019a0b8e-6f5c-7c3e-9f52-3d6c4f1f2a10")
FINDING = Finding(
    kind=Kind.C2PA, claim=Claim.AI, strength=Strength.SIGNED, where="PNG caBX", details={"signer": "unknown"}
)
VIEW = domains.DomainView(
    domain=domains.Domain.PORTRAIT,
    probability=0.81,
    record=domains.Record(images=140, owners=12, called_ai=7, low=0.02, high=0.1),
)
EVIDENCE = {
    "domain": {**VIEW.document(), "cap": 0.2},
    "map": map_path(ID),
    "provenance": [FINDING.document()],
    "provenance_complete": True,
    "stability": Stability(
        ai_probability=0.3, thresholds=Thresholds(), views=[View(name="jpeg-70", ai_probability=0.1)]
    ).document(),
}
ROW = {
    "id": ID,
    "tenant_id": UUID("019a0b8e-6f5c-7c3e-9f52-3d6c4f1f2a11"),
    "state": "done",
    "stage": "score",
    "lane": "bulk",
    "url": None,
    "sha256": b"\1" * 32,
    "image_format": "jpeg",
    "image_width": 640,
    "image_height": 480,
    "external_id": "post-17",
    "metadata": {"a": 1},
    "callback_url": None,
    "allow_training": False,
    "attempt": 1,
    "result": {
        **result_document(0.3, "uncertain", {"code": "out_of_range", "detail": "Too large."}),
        "evidence": EVIDENCE,
    },
    "error": None,
    "timings_ms": {"decode": 1.0},
    "created_at": datetime(2026, 11, 21, 9, tzinfo=UTC),
    "finished_at": datetime(2026, 11, 21, 9, 1, tzinfo=UTC),
    "opinion": None,
}


def read(**changed):
    return jobs.Job.from_document(job.Job.from_row({**ROW, **changed}).document())


def test_a_finished_job_is_read_whole():
    seen = read()
    assert (seen.id, seen.state, seen.lane) == (str(ROW["id"]), jobs.State.DONE, jobs.Lane.BULK)
    assert (seen.external_id, seen.metadata, seen.url) == ("post-17", {"a": 1}, None)
    assert (seen.created_at, seen.finished_at) == (ROW["created_at"], ROW["finished_at"])
    assert seen.result == jobs.Result(
        ai_probability=0.3,
        human_probability=0.7,
        verdict=jobs.Verdict.UNCERTAIN,
        thresholds=jobs.Thresholds(likely_human=0.2, likely_ai=0.8),
        reasons=(jobs.Reason(code="out_of_range", detail="Too large."),),
        model_version="0.1.0",
        map=map_path(ID),
        basis=evidence.Basis.MODEL,
        provenance=(
            evidence.Finding(
                kind=evidence.Kind.C2PA,
                claim=evidence.Claim.AI,
                strength=evidence.Strength.SIGNED,
                where="PNG caBX",
                details={"signer": "unknown"},
            ),
        ),
        provenance_complete=True,
        domain=evidence.DomainView(
            domain=evidence.Domain.PORTRAIT,
            probability=0.81,
            familiar=True,
            images=140,
            owners=12,
            called_ai=7,
            rate=0.05,
            low=0.02,
            high=0.1,
            cap=0.2,
        ),
        stability=evidence.Stability(n=1, low=0.1, high=0.3, flips=1),
    )
    assert seen.document["image"]["width"] == 640


@pytest.mark.parametrize("state", list(job.State))
def test_every_state_is_known_and_final_when_the_domain_says_so(state):
    error = error_document("undecodable") if state in {"failed", "dead"} else None
    seen = read(state=state, result=ROW["result"] if state == "done" else None, error=error, finished_at=None)
    assert seen.final == (state in job.FINAL)
    assert (seen.error.reason if seen.error else None) == (error and "undecodable")


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (jobs.State, job.State),
        (jobs.Lane, job.Lane),
        (jobs.Verdict, verdict.Verdict),
        (evidence.Basis, verdict.Basis),
        (evidence.Domain, domains.Domain),
        (evidence.Kind, Kind),
        (evidence.Claim, Claim),
        (evidence.Strength, Strength),
    ],
)
def test_words_are_the_domains(ours, theirs):
    assert [each.value for each in ours] == [each.value for each in theirs]


def test_a_result_from_before_says_that_nothing_was_read():
    before = read(result={**ROW["result"], "evidence": {"map": None, "provenance": [], "stability": {}}}).result
    assert (before.provenance, before.provenance_complete, before.basis) == ((), None, evidence.Basis.MODEL)
    assert before.domain is None
