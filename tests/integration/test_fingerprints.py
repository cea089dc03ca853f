"""Perceptual hashes: made with the pixels, kept with the result, gone with the last job that shows the image."""

import hashlib
import io
from datetime import timedelta
from uuid import UUID

import numpy as np
import pytest
from PIL import Image

from shared.domain.fingerprint import Fingerprint
from shared.domain.job import State
from shared.imaging.decode import decode
from shared.imaging.limits import Limits
from shared.imaging.pdq import pdq
from shared.storage import fingerprints, images, jobs, leases
from shared.storage.fingerprints import Sighting
from tests.integration.factories import claim, done, finish, get, make_tenant, picture, submit_image

EXPIRED = timedelta(seconds=-1)
LIMITS = Limits(max_pixels=1_000_000, max_side=4000)


def scene(seed: int = 0) -> bytes:
    """A picture with much for a hash to go by."""
    values = np.random.default_rng(seed).integers(0, 256, (9, 9, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(values).resize((160, 144), Image.Resampling.BICUBIC).save(file, "PNG")
    return file.getvalue()


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def hash_of(database, tenant, data):
    with database.transaction() as connection:
        return fingerprints.get(connection, tenant, sha256(data))


def rows(database, table):
    with database.transaction() as connection:
        return connection.execute(f"SELECT count(*) AS n FROM {table}").fetchone()["n"]


def erase(database, tenant, job_id):
    with database.transaction() as connection:
        jobs.erase(connection, tenant, job_id)


def keep(database, tenant, job_id: UUID, data: bytes, pdq_bytes: bytes = bytes(32)):
    seen = Sighting(
        tenant_id=tenant, sha256=sha256(data), job_id=job_id, fingerprint=Fingerprint(pdq=pdq_bytes, quality=90)
    )
    with database.transaction() as connection:
        fingerprints.keep(connection, [seen])


def test_the_hash_of_an_image_is_kept_with_its_result(database, store, tenant, verifier):
    job_id = submit_image(database, store, tenant, scene())
    verifier.drain([job_id])
    assert get(database, tenant, job_id).state is State.DONE
    assert hash_of(database, tenant, scene()) == pdq(decode(scene(), LIMITS).image)
    assert rows(database, "sightings") == 1


def test_one_image_has_one_hash_however_many_jobs_show_it(database, store, tenant, verifier):
    for data in (scene(), scene(), scene(1)):
        submit_image(database, store, tenant, data)
    verifier.drain([])
    assert (rows(database, "perceptual_hashes"), rows(database, "sightings")) == (2, 3)


def test_an_image_that_failed_leaves_no_hash(database, store, tenant, verifier):
    submit_image(database, store, tenant, scene()[:400])
    verifier.drain([])
    assert (rows(database, "perceptual_hashes"), rows(database, "sightings")) == (0, 0)


def test_a_hash_is_gone_with_the_last_job_that_showed_its_image(database, store, tenant, verifier):
    ids = [submit_image(database, store, tenant, scene()) for _ in range(2)]
    verifier.drain([])
    erase(database, tenant, ids[0])
    images.collect(database, store, limit=10)
    assert (rows(database, "perceptual_hashes"), rows(database, "sightings")) == (1, 1)
    erase(database, tenant, ids[1])
    assert rows(database, "sightings") == 0
    images.collect(database, store, limit=10)
    assert rows(database, "perceptual_hashes") == 0


def test_the_database_itself_erases_what_was_seen_for_code_that_knows_of_nothing(database, store, tenant, verifier):
    submit_image(database, store, tenant, scene())
    verifier.drain([])
    with database.transaction() as connection:
        connection.execute("UPDATE jobs SET state = 'erased', sha256 = NULL, result = NULL")
    assert rows(database, "sightings") == 0


@pytest.mark.parametrize("collected", [False, True])
def test_a_job_erased_while_it_is_scored_leaves_no_hash(database, store, tenant, collected):
    job_id = submit_image(database, store, tenant, scene())
    claim(database)
    erase(database, tenant, job_id)
    if collected:
        images.collect(database, store, limit=10)
    keep(database, tenant, job_id, scene())
    assert (rows(database, "perceptual_hashes"), rows(database, "sightings")) == (0, 0)


def test_a_stale_worker_leaves_nothing_seen(database, store, tenant, verifier, monkeypatch):
    submit_image(database, store, tenant, scene())
    [stale] = claim(database, lease=EXPIRED)
    with database.transaction() as connection:
        leases.take_back_expired(connection, lease=EXPIRED, limit=10)
    monkeypatch.setattr(verifier, "_claim", lambda _: [])
    verifier._verify([stale], deadline=float("inf"))
    assert rows(database, "sightings") == 0


def test_the_same_image_is_each_tenants_own(database, store, tenant, verifier):
    other = make_tenant(database, "other")
    submit_image(database, store, tenant, scene())
    verifier.drain([])
    assert hash_of(database, other, scene()) is None
    submit_image(database, store, other, scene())
    verifier.drain([])
    assert hash_of(database, other, scene()) == hash_of(database, tenant, scene())


def test_a_flat_image_is_kept_with_no_quality(database, store, tenant, verifier):
    submit_image(database, store, tenant, picture(blank=True))
    verifier.drain([])
    assert hash_of(database, tenant, picture(blank=True)).quality == 0


def test_a_result_written_by_the_code_before_has_no_hash(database, store, tenant):
    submit_image(database, store, tenant, scene())
    finish(database, done(claim(database)[0]))
    assert hash_of(database, tenant, scene()) is None
