from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from shared.errors import IdempotencyMismatch
from shared.storage.jobs import Idempotency
from tests.integration.factories import submit_image


def test_an_idempotency_key_makes_one_job_however_often_and_however_quickly(database, store, tenant):
    same = Idempotency(key="k", fingerprint=b"f" * 32, remember=timedelta(hours=1))
    with ThreadPoolExecutor(6) as pool:
        ids = set(pool.map(lambda _: submit_image(database, store, tenant, idempotency=same), range(12)))
    assert len(ids) == 1
    with database.transaction() as connection:
        assert connection.execute("SELECT count(*) FROM jobs").fetchone()["count"] == 1
        assert connection.execute("SELECT refs FROM objects").fetchone()["refs"] == 1


def test_an_idempotency_key_with_another_request_is_refused(database, store, tenant):
    first = Idempotency(key="k", fingerprint=b"1" * 32, remember=timedelta(hours=1))
    submit_image(database, store, tenant, idempotency=first)
    with pytest.raises(IdempotencyMismatch):
        submit_image(
            database,
            store,
            tenant,
            idempotency=Idempotency(key="k", fingerprint=b"2" * 32, remember=timedelta(hours=1)),
        )


def test_an_expired_idempotency_key_makes_a_new_job(database, store, tenant):
    expired = Idempotency(key="k", fingerprint=b"1" * 32, remember=timedelta(seconds=-1))
    assert submit_image(database, store, tenant, idempotency=expired) != submit_image(
        database, store, tenant, idempotency=expired
    )
