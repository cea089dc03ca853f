"""The running API keeps to its own OpenAPI document, whatever is sent: all checks of schemathesis, chains of calls too.

In `make test` for less than a minute; `make schemathesis MINUTES=30` searches for longer.
"""

import os
import random
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from deploy.local.servers import free_ports
from services.api.schemas.jobs import EXAMPLE_JOB
from shared import scoring
from shared.domain.evidence import EvidenceMap
from shared.domain.tenant import UNLIMITED, Scope
from shared.storage import appeals, links, models, tenants
from tests.integration.factories import claim, done, finish, make_tenant, picture, submit_image, submit_link
from tests.processes import wait_until

MINUTES = float(os.environ.get("SCHEMATHESIS_MINUTES", "0.6"))
# The short search is the same each time; a long one never is.
SEED = str(random.randrange(2**32)) if "SCHEMATHESIS_MINUTES" in os.environ else "1"
RESULT = EXAMPLE_JOB["result"]
HERE = Path(__file__).parent


@pytest.fixture
def tenant(database, store):
    """A tenant without limits that has jobs of several kinds, in an installation with its models."""
    made = make_tenant(database)
    with database.transaction() as connection:
        tenants.set_limits(connection, made, UNLIMITED)
    for directory in scoring.shipped():
        models.register(database, store, directory, origin="shipped")
    job_id = submit_image(database, store, made, picture(), external_id="post-17")
    for held in claim(database):
        finish(database, replace(done(held), result=RESULT, evidence=EvidenceMap(columns=2, cells=bytes(4))))
    submit_link(database, made)
    with database.transaction() as connection:
        _, token = links.create(connection, made, job_id, expires_at=None, at_most=1)
        opened = links.open_link(connection, token)
        appeals.make(connection, store, opened, message="m", contact=None, files=[], at_most=1)
    return made


@pytest.fixture
def key(database, tenant):
    with database.transaction() as connection:
        return tenants.create_key(connection, tenant, "schemathesis", set(Scope))


@pytest.fixture
def url(settings):
    port = free_ports(1)[0]
    environment = os.environ | {"JINWI_PORT": str(port), "JINWI_MAX_WAIT_SECONDS": "0.2"}
    with subprocess.Popen([sys.executable, "-m", "services.api"], env=environment) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            wait_until(lambda: answers(url))
            yield url
        finally:
            process.terminate()


def answers(url) -> bool:
    try:
        return httpx.get(f"{url}/health/live").is_success
    except httpx.TransportError:
        return False


@pytest.mark.timeout(0)
def test_nothing_that_is_sent_meets_an_answer_that_is_not_documented(url, key, tmp_path, say):
    row, secret = key
    program = Path(sys.executable).with_name("schemathesis")
    hooks = {
        "SCHEMATHESIS_HOOKS": "tests.contract.schemathesis_hooks",
        "PYTHONPATH": str(HERE.parents[1]),
        "OWN_KEY_ID": str(row["id"]),
        "OWN_TENANT_ID": str(row["tenant_id"]),
    }
    run = subprocess.run(
        [
            *(program, "--config-file", HERE / "schemathesis.toml", "run", f"{url}/openapi.json"),
            *("--checks", "all", "--max-response-time", "10", "--max-time", str(int(60 * MINUTES))),
            *("--header", f"Authorization: Bearer {secret}", "--seed", SEED, "--no-color"),
        ],
        cwd=tmp_path,
        env=os.environ | hooks,
        capture_output=True,
        text=True,
        check=False,
        # What was begun when the time is up is still brought to its end.
        timeout=60 * MINUTES + 120,
    )
    assert run.returncode == 0, run.stdout[-20_000:] + run.stderr
    say(f"schemathesis: {re.search(r'[0-9]+ generated.*', run.stdout)[0]}")
