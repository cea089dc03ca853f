"""A model version is damaged or not whole: no job pays for it."""

import io
import shutil
from itertools import count

import pytest

from shared.storage import models
from tests.faults.system import CHAMPION, GRACE_SECONDS, wait_for
from tests.models import brightness

_patches = count(1)


def corrupt(system, version):
    content = b"no model at all"
    bucket = system.settings.s3_models_bucket
    system.store._client.put_object(bucket, f"{version}/model.onnx", io.BytesIO(content), len(content))


def lose(system, version):
    system.store._client.remove_object(system.settings.s3_models_bucket, f"{version}/model.onnx")


in_both_ways = pytest.mark.parametrize("damage", [corrupt, lose], ids=["corrupt", "missing"])


@pytest.fixture
def damaged_champion(system, damage):
    """Promotes a version whose file is damaged, until the test is over."""

    def promote():
        version = f"2.1.{next(_patches)}"
        models.register(
            system.database, system.store, brightness(system.home / "versions" / version, version), origin="imported"
        )
        damage(system, version)
        system.promote(version)
        return version

    yield promote
    system.promote(CHAMPION)


@in_both_ways
def test_a_new_champion_whose_file_is(trial, system, damaged_champion):
    trial.load.submit(8)
    with trial.fault():
        refusals = len(system.said("champion_refused"))
        damaged_champion()
        trial.load.submit(24)
        wait_for(lambda: trial.load.submit(1) and len(system.said("champion_refused")) > refusals)
    trial.load.submit(8)
    trial.settle()


@pytest.mark.long
@in_both_ways
def test_a_scorer_that_starts_while_the_file_of_the_champion_is(trial, system, damaged_champion):
    scorer = system.services["scorer"]
    scorer.stop(GRACE_SECONDS)
    with trial.fault():
        damaged_champion()
        shutil.rmtree(system.settings.model_cache, ignore_errors=True)
        scorer.start()
        released = len(system.said("job_released"))
        trial.load.submit(24)
        wait_for(lambda: len(system.said("job_released")) > released)
        assert scorer.running
        system.promote(CHAMPION)
    trial.settle()
    [counted] = system.query("SELECT sum(failures + crashes) AS n FROM jobs WHERE tenant_id = %s", trial.tenant_id)
    assert counted["n"] == 0
