"""Results, links and appeals for tests of what people do with them."""

import re
from dataclasses import replace
from uuid import UUID

from services.api.schemas.jobs import EXAMPLE_JOB
from shared.domain.evidence import EvidenceMap
from shared.domain.job import Job
from shared.storage import webhooks
from shared.storage.db import Database
from shared.storage.objects import ObjectStore
from tests.integration.factories import claim, done, finish, get, picture, submit_image

RESULT = EXAMPLE_JOB["result"]


def result(verdict: str = "likely_ai", ai_probability: float = 0.93, version: str = "1.2.0", **changed: object) -> dict:
    """As the scorer writes one; the advisory is added when it is shown."""
    written = {name: value for name, value in RESULT.items() if name != "advisory"}
    written |= {"ai_probability": ai_probability, "human_probability": 1 - ai_probability, "verdict": verdict}
    return {**written, "model": {"version": version, "sha256": "ab" * 32}, **changed}


def judged(
    database: Database, store: ObjectStore, tenant_id: UUID, *, data: bytes | None = None, mapped: bool = False, **said
) -> Job:
    """A job of the tenant that is done, with this result; `mapped`: with a map of evidence."""
    fields = {"external_id": "post-17 of the tenant"}
    job_id = submit_image(database, store, tenant_id, data or picture(), **fields)
    [held] = [one for one in claim(database) if one.id == job_id]
    evidence = EvidenceMap(columns=2, cells=bytes((0, 254, 254, 0))) if mapped else None
    ended = finish(database, replace(done(held), result=result(**said), evidence=evidence))
    with database.transaction() as connection:
        connection.execute("UPDATE objects SET width = 32, height = 32")
        webhooks.announce(connection, ended)
    return get(database, tenant_id, job_id)


def link(client, job: Job | str, **said: object) -> str:
    """The path of a new link to the job's page."""
    made = client.post(f"/v1/jobs/{job.id if isinstance(job, Job) else job}/links", json=said)
    assert made.status_code == 201, made.text
    return made.json()["path"]


def send_appeal(visitor, path: str, *, files=(), headers=None, **fields: str):
    """Submit the form on the page, as a browser does; the answer is not followed."""
    sent = [("files", file) for file in files] or [("files", ("", b"", "application/octet-stream"))]
    said = {"message": "I drew this.", "contact": "", **fields}
    return visitor.post(f"{path}/appeals", data=said, files=sent, headers=headers)


def text_of(page: str) -> str:
    """What a reader sees of the HTML, roughly: without style and tags."""
    bare = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", bare))
