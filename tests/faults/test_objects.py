"""The object store is away, full, or has lost or damaged an image; the disk for uploads is full."""

import time

import pytest

from tests.faults.disk import enlarge, small_disk
from tests.faults.system import frozen, kill, wait_for
from tests.integration.factories import damage


def rows(trial):
    return trial.system.query("SELECT count(*) AS jobs FROM jobs WHERE tenant_id = %s", trial.tenant_id)[0]["jobs"]


def test_the_object_store_away_at_upload(trial, system):
    with trial.fault():
        kill(system.servers["objects"])
        with trial.submitting(16, links=False):
            wait_for(lambda: trial.refused() >= 4)
            assert rows(trial) == 0
            system.start_again("objects")
    trial.settle()


def test_the_object_store_away_at_fetch(trial, system):
    with system.paused():
        trial.load.submit(16)
    with trial.fault():
        kill(system.servers["objects"])
        released = len(system.said("job_released"))
        wait_for(lambda: len(system.said("job_released")) > released)
        system.start_again("objects")
    trial.settle()
    [counted] = system.query("SELECT sum(failures + crashes) AS n FROM jobs WHERE tenant_id = %s", trial.tenant_id)
    assert counted["n"] == 0


def test_images_missing_from_the_object_store(trial, system):
    with system.paused():
        submitted = trial.load.submit(6, links=False)
        with trial.fault(3):
            for one in submitted[:3]:
                system.store.delete_image(trial.tenant_id, one.sha256)
    trial.settle(failed=3)


def test_images_damaged_in_the_object_store(trial, system):
    with system.paused():
        submitted = trial.load.submit(6, links=False)
        with trial.fault(3):
            for one in submitted[:3]:
                damage(system.store, trial.tenant_id, one.data)
    trial.settle(dead=3)


@pytest.mark.long
def test_the_object_store_frozen_for_thirty_seconds(trial, system):
    with system.paused():
        trial.load.submit(16)
    with trial.submitting(8, links=False), trial.fault(), frozen(system.servers["objects"]):
        time.sleep(30)
    assert trial.refused()
    trial.settle()


def test_the_disk_of_the_object_store_full(trial, system):
    folder = system.home / "objects" / system.settings.s3_images_bucket / str(trial.tenant_id)
    with small_disk(folder, "1m"):
        with trial.submitting(8, side=700, links=False), trial.fault():
            wait_for(trial.refused)
            stored = rows(trial)
            enlarge(folder, "200m")
        assert stored < 8
        trial.settle()


def test_the_disk_for_uploads_full(trial, system):
    with trial.fault(), small_disk(system.spool, "64k"), trial.submitting(8, side=800, links=False):
        wait_for(lambda: trial.refused() >= 4)
        assert rows(trial) == 0
        enlarge(system.spool, "200m")
    trial.settle()
