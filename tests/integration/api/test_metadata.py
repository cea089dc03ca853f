"""What files say of themselves, through the real scorer and database to the API's answer, a webhook and the page."""

import json
from itertools import cycle

import pytest
from hypothesis import HealthCheck, given, settings

from jinwi.results.jobs import Job
from jinwi.terminal import printable
from jinwi.texts.english import ENGLISH
from jinwi.views.findings import lines
from shared.decoding.decoder import Decoder
from shared.domain.job import State
from tests.integration.api.people import link
from tests.integration.factories import get, submit_image
from tests.provenance.authority import trusted_signer
from tests.provenance.strategies import CARRIERS, MARK, NASTY, files, signed_files
from tests.provenance.written import Page, unsteered
from tests.unit.shared.imaging.pictures import LIMITS

SILENT = {"PNG tEXt, keyword"}
"""A keyword that nobody knows says nothing."""

bounded = settings(derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture
def trusting(verifier):
    """The verifier, with the root of the trusted signer on its list."""
    verifier._decoder.close()
    verifier._decoder = Decoder(LIMITS, 10, 2 << 30, trust_anchors=trusted_signer().root)
    return verifier


@pytest.fixture
def shown(connect, client, database, store, tenant, trusting):
    """Takes a file to all who are told of it, and gives what the API says of its origin."""
    visitor = connect(None)

    def through(data: bytes) -> list[dict]:
        job_id = submit_image(database, store, tenant, data, callback_url="https://example.com/hook")
        trusting.drain([job_id])
        kept = get(database, tenant, job_id)
        assert kept.state is State.DONE, kept.error
        answer = client.get(f"/v1/jobs/{job_id}")
        document = answer.json()
        assert document["result"]["evidence"] == json.loads(json.dumps(kept.result["evidence"]))
        [listed] = client.get("/v1/jobs", params={"limit": 1}).json()["jobs"]
        assert listed["result"] == document["result"]
        sent = database_body(database, job_id)
        assert sent["data"]["result"]["evidence"] == document["result"]["evidence"]
        for language in ("en", "ko"):
            page = visitor.get(link(client, str(job_id)), params={"lang": language})
            assert page.status_code == 200
            Page(page.text).holds_as_text_alone(MARK)
            assert page.text.count("<li>") >= len(document["result"]["evidence"]["provenance"])
        said = lines(Job.from_document(document).result, ENGLISH)
        assert unsteered("\n".join(printable(line) for line in said))
        return document["result"]["evidence"]["provenance"]

    return through


def database_body(database, job_id) -> dict:
    """What the job's callback is sent."""
    with database.transaction() as connection:
        [row] = connection.execute("SELECT body FROM deliveries WHERE job_id = %s", (job_id,)).fetchall()
    return json.loads(row["body"])


@settings(bounded, max_examples=15)
@given(file=files)
def test_whatever_stands_in_a_file_arrives_as_text(shown, file):
    shown(file[1])


@settings(bounded, max_examples=6)
@given(file=signed_files)
def test_whatever_a_signer_says_arrives_as_text(shown, file):
    [finding, *_] = shown(file[1])
    assert finding["kind"] == "c2pa"


def test_what_was_written_into_each_place_arrives(shown, database):
    """A trick in each, the tricks by turns; and nothing was dropped, or written anywhere else."""
    tricks = cycle(NASTY)
    told = {place: json.dumps(shown(make(f"{MARK} {next(tricks)}", MARK))) for place, make in CARRIERS.items()}
    assert {place for place, said in told.items() if MARK not in said} <= SILENT
    with database.transaction() as connection:
        [row] = connection.execute("SELECT count(*) AS jobs FROM jobs WHERE state = 'done'").fetchall()
    assert row["jobs"] == len(CARRIERS)
