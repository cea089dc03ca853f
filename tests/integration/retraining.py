"""Lent jobs with pictures and results, for tests of what retraining learns from."""

import hashlib
import io
from datetime import timedelta
from uuid import UUID, uuid4

import numpy as np
from PIL import Image

from services.retrainer.harvest.run import harvest
from shared.domain.job import Outcome, State
from shared.storage import spot_checks
from shared.storage.spot_checks import Answer
from tests.integration.factories import change_policy, claim, finish, make_tenant, submit_image

HARVESTED = {"harvest_share": 1.0, "harvest_quarantine_days": 0.0}

TRUSTED_AI = {"kind": "c2pa", "claim": "ai", "strength": "signed_trusted", "where": "c2pa", "details": {}}

WINDOW = timedelta(days=90)


def pictured(seed: int, level: int = 40) -> bytes:
    """A PNG of soft shapes around a level of grey; `tests.models.brightness` calls the dark ones human-made."""
    random = np.random.default_rng(seed)
    shapes = random.uniform(-30, 30, (8, 8)) + level
    image = Image.fromarray(shapes.clip(0, 255).astype(np.uint8)).resize((96, 96), Image.Resampling.BICUBIC)
    file = io.BytesIO()
    image.convert("RGB").save(file, "PNG")
    return file.getvalue()


def lender(database, name="lender") -> UUID:
    """A tenant whose policy lends its jobs."""
    tenant = make_tenant(database, name)
    change_policy(database, tenant, allow_training=True)
    return tenant


def result(score: float, *, verdict: str | None = None, provenance=()) -> dict:
    called = "likely_human" if score <= 0.2 else "likely_ai" if score >= 0.8 else "uncertain"
    return {
        "ai_probability": score,
        "human_probability": round(1 - score, 4),
        "verdict": verdict or called,
        "model": {"version": "2.0.0", "sha256": "0" * 64},
        "evidence": {"provenance": list(provenance)},
    }


def lend(database, store, tenant, data=None, *, score=0.005, allow_training=True, **said) -> UUID:
    """A done job of the tenant's, with that score."""
    job_id = submit_image(database, store, tenant, data or pictured(0), allow_training=allow_training)
    [held] = claim(database, named=[job_id], limit=1)
    assert held.id == job_id
    finish(database, Outcome(job_id=job_id, fence=held.fence, state=State.DONE, result=result(score, **said)))
    return job_id


def run_harvest(database, store, model, settings, run_id=None, report=lambda _: None, **known):
    """What a run of these settings counts, everything lent being due."""
    settings = settings.model_copy(update={**HARVESTED, **known.pop("update", {})})
    return harvest(database, store, model, settings, run_id or uuid4(), report, **known)


def decisions(database, tenant, job_id):
    """All about a job, the newest first."""
    with database.transaction() as connection:
        return connection.execute(
            "SELECT * FROM ledger WHERE tenant_id = %s AND job_id = %s ORDER BY id DESC", [tenant, job_id]
        ).fetchall()


def draw(database, *, per_day=20) -> int:
    with database.transaction() as connection:
        return spot_checks.draw(connection, per_day=per_day, window=WINDOW)


def waiting(database) -> dict[UUID, UUID]:
    """Spot checks that wait, by job."""
    with database.transaction() as connection:
        return {row["job_id"]: row["id"] for row in spot_checks.page(connection, decided=False, limit=1000)}


def label(database, job_id, said, key_id, *, regression=False) -> None:
    """As an operator's reviewer, about a job that was drawn."""
    with database.transaction() as connection:
        answer = Answer(label=said, reason="seen", regression=regression)
        assert spot_checks.label(connection, waiting(database)[job_id], answer, by=key_id)


def sha256_of(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
