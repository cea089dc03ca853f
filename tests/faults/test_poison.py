"""Pictures that crash, hang or exhaust the decoder, or kill the scorer itself: alone, and among 63 good ones."""

import os
from pathlib import Path

import pytest

from tests.faults.system import GRACE_SECONDS

long = pytest.mark.long

# What the decoder meets, and how that is said.
SHORT = [pytest.param("crash", id="by a crash")]
LONG = [pytest.param("hang", id="by hanging", marks=long), pytest.param("memory", id="by its memory", marks=long)]
FOLDER = Path(__file__).parent / "poisoned"


@pytest.fixture
def poisoned_scorer(system):
    """A scorer that some pictures kill, in the place of the usual one; starts it."""
    system.services["scorer"].stop(GRACE_SECONDS)

    def start(**settings):
        path = os.pathsep.join([str(FOLDER), os.environ.get("PYTHONPATH", "")])
        return system.another("scorer-2", "score", PYTHONPATH=path, **settings)

    return start


def poison(trial, kind):
    [one] = trial.load.make(1, links=False)
    one.data += f"poison:{kind}".encode()
    return one


def reason_of(trial, one):
    [row] = trial.system.query("SELECT error ->> 'reason' AS reason, crashes FROM jobs WHERE id = %s", one.job_id)
    return row["reason"]


@pytest.mark.parametrize("kind", [*SHORT, *LONG])
def test_a_picture_that_stops_the_decoder(trial, poisoned_scorer, kind):
    one = poison(trial, kind)
    with trial.fault():
        trial.load.send([one])
    poisoned_scorer()
    trial.settle(dead=1)
    assert reason_of(trial, one) == "decoder_died"


@long
@pytest.mark.parametrize("kind", [*SHORT, *LONG])
def test_one_among_63_good_pictures_that_stops_the_decoder(trial, poisoned_scorer, kind):
    one = poison(trial, kind)
    batch = trial.load.make(63, links=False)
    batch.insert(31, one)
    with trial.fault():
        trial.load.send(batch)
    scorer = poisoned_scorer(JINWI_BATCH_SIZE="64", JINWI_DRAIN_SECONDS="15", JINWI_LEASE_SECONDS="40")
    trial.settle(dead=1)
    assert reason_of(trial, one) == "decoder_died"
    assert scorer.running


@long
@pytest.mark.timeout(400)
def test_one_among_63_good_pictures_that_kills_the_scorer(trial, poisoned_scorer):
    one = poison(trial, "scorer")
    batch = trial.load.make(63, links=False)
    batch.insert(31, one)
    with trial.fault():
        trial.load.send(batch)
    scorer = poisoned_scorer(JINWI_BATCH_SIZE="64")
    trial.settle(dead=1, seconds=240)
    assert reason_of(trial, one) == "crashed"
    assert scorer.running
