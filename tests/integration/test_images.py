"""Bytes that are damaged in the object store: written anew by whoever brings them, and else deleted."""

import hashlib
import io
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.errors import JobError, ObjectDamaged
from shared.storage import images, jobs
from tests.integration.factories import damage, picture, submit_image, waits_for_a_lock
from tests.processes import wait_until

SHA256 = hashlib.sha256(picture()).digest()


def read_again(database, store, tenant):
    return images.read_again(database, store, tenant_id=tenant, sha256=SHA256)


def test_damaged_bytes_are_deleted_and_their_row_stays_for_who_refers_to_it(database, store, tenant):
    submit_image(database, store, tenant)
    damage(store, tenant, picture())
    with pytest.raises(ObjectDamaged):
        read_again(database, store, tenant)
    assert not store.has_image(tenant, SHA256)
    submit_image(database, store, tenant)
    assert store.get_image(tenant, SHA256) == picture()
    with database.transaction() as connection:
        assert connection.execute("SELECT refs FROM objects").fetchone() == {"refs": 2}


def test_bytes_that_somebody_else_just_mended_are_kept(database, store, tenant):
    submit_image(database, store, tenant)
    damage(store, tenant, picture(), size=20)
    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as connection:
            images.lock_kept(
                connection, store, io.BytesIO(picture()), tenant_id=tenant, sha256=SHA256, size=len(picture())
            )
            reading = pool.submit(read_again, database, store, tenant)
            wait_until(lambda: waits_for_a_lock(database), 10)
        assert reading.result() == picture()


def test_bytes_whose_jobs_are_erased_are_the_collectors(database, store, tenant):
    job_id = submit_image(database, store, tenant)
    damage(store, tenant, picture())
    with database.transaction() as connection:
        jobs.erase(connection, tenant, job_id)
    assert images.collect(database, store, limit=10) == 1
    store.put_image(tenant, SHA256, io.BytesIO(bytes(len(picture()))), len(picture()))
    with pytest.raises(JobError, match="object_missing"):
        read_again(database, store, tenant)
    assert store.has_image(tenant, SHA256)
