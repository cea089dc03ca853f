"""A job that is due for a decision: from its row to what admission reads, and from a decision to the ledger's entry."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from services.retrainer.harvest.admission import Considered, Decision
from shared.domain.provenance import Claim, Strength
from shared.domain.verdict import Verdict
from shared.storage.ledger import Entry, Look

OPERATOR = {"ai": 1.0, "human": 0.0, "unsure": 0.5}

Row = Mapping[str, Any]


def considered(row: Row, look: Look | None = None) -> Considered:
    """What is known of a due job, and, once it was looked at, of its picture."""
    plain = Considered(
        id=str(row["id"]),
        tenant=str(row["tenant_id"]),
        day=row["created_at"].date().isoformat(),
        score=row["score"],
        verdict=Verdict(row["verdict"]),
        age_days=row["age_days"],
        claims=_claims(row["result"]),
        operator=OPERATOR.get(row["operator"]),
    )
    if look is None:
        return plain
    embedding = None if look.embedding is None else np.frombuffer(look.embedding, "<f4")
    return replace(
        plain, pdq=look.pdq, reencoded=tuple(look.scores), second_score=look.second_score, embedding=embedding
    )


def _claims(result: Row) -> frozenset[tuple[Claim, Strength]]:
    findings = result.get("evidence", {}).get("provenance", [])
    return frozenset((Claim(finding["claim"]), Strength(finding["strength"])) for finding in findings)


def entry(row: Row, decision: Decision, pdq: bytes | None = None) -> Entry:
    return Entry(
        job_id=row["id"],
        source="harvest" if row["operator"] is None else "gold",
        refusal=decision.refusal,
        sha256=row["sha256"],
        pdq=pdq,
        model=row["result"].get("model", {}).get("version"),
        score=row["score"],
        label=decision.label,
        weight=decision.weight,
        detail=decision.detail,
    )
