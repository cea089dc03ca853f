import io, time, hashlib, shutil
from pathlib import Path
import numpy as np, pytest
from services.retrainer import once
from services.retrainer.stages import compose
from shared import signing, scoring
from shared.domain.labels import Label
from shared.domain.retraining import *
from shared.domain.job import Outcome, State
from shared.storage import gold, retraining, models, tenants, lifecycle
from shared.storage.gold import NewGold
from shared.storage.retraining import Order
from tests.integration.retraining import lender, lend
from tests.retrained import picture as noise

def add(database, store, data, label, owner, share=0.0):
    with database.transaction() as c:
        key = c.execute("select id from keys limit 1").fetchone()["id"]
        gold.add(c, store, NewGold(sha256=hashlib.sha256(data).digest(), label=label, owner=owner, kind="", bytes=len(data), format="png", width=64, height=64), io.BytesIO(data), guard_share=share, by=key)

def go(database, settings, min_samples=1):
    with database.transaction() as c:
        run = retraining.ask(c, Order(mode=Mode.HEAD, min_samples=min_samples), by=None)
    began = time.monotonic()
    state = once.carry_out(database, settings, compose)
    with database.transaction() as c:
        r = retraining.get(c, run.id)
        print("RUN", state, r.failure, time.monotonic() - began, r.outcome, r.detail, r.failure, r.harvest, r.snapshot, r.candidate, r.evaluation)
        for x in (r.judgement or {"rulings": []})["rulings"]: print(x["name"], x["passed"], x["value"], x["limit"], x["detail"][:150])
        print([(m["version"], m.get("state"), m["aliases"]) for m in models.all_versions(c)])

@pytest.mark.timeout(900)
def test_x(database, store, settings, tenant, tmp_path):
    private, public = tmp_path / "model_key.pem", tmp_path / "model_key.pub"
    signing.make_key_pair(private, public)
    settings = settings.model_copy(update={"model_signing_key": private, "model_public_key": public, "retrainer_dir": tmp_path / "retrainer",
       "harvest_share": 1.0, "harvest_quarantine_days": 0.0, "harvest_rule": "confident"})
    models.register(database, store, Path("/tmp/wt/runs-champ/100.0.0"), origin="imported")
    with database.transaction() as c:
        tenants.create_key(c, tenant, "k", {"models"})
        lifecycle.promote(c, "100.0.0", by=None, why="test")
    lent = lender(database)
    for i in range(4):
        lend(database, store, lent, noise(i % 2, 7000+i), score=0.98 if i % 2 else 0.02)
    for i in range(10):
        for label in (0, 1):
            add(database, store, noise(label, 300 + i), [Label.HUMAN, Label.AI][label], f"own-{label}-{i % 5}")
    go(database, settings)
    go(database, settings, 1000)
    for i in range(60):
        for label in (0, 1):
            add(database, store, noise(1 - label, 9000 + i), [Label.HUMAN, Label.AI][label], f"guards-{label}-{i % 6}", 1.0)
    go(database, settings, 0)
    assert 0
