"""The same picture scored in other forms, where a job or its tenant's policy asks for it."""

import time

import pytest

from shared.decoding.decoder import Decoder
from shared.domain.job import Lane, State
from shared.domain.model_card import InputSpec
from shared.domain.verdict import Thresholds
from shared.errors import DecoderDied
from shared.imaging.decode import decode
from shared.imaging.limits import Limits
from shared.imaging.prepare import prepare
from shared.imaging.reencode import NAMES, reencodings
from shared.scoring.picture import Picture
from tests.integration.factories import change_policy, get, submit_image
from tests.integration.test_fingerprints import scene, sha256

SPEC = InputSpec(width=32, height=24)
LIMITS = Limits(max_pixels=1_000_000, max_side=4000)
CALLS_ALL_AI = Thresholds(likely_human=0.0, likely_ai=0.0001)
CALLS_NONE_AI = Thresholds(likely_human=0.9998, likely_ai=0.9999)


def stability(database, tenant, job_id):
    job = get(database, tenant, job_id)
    assert job.state is State.DONE
    assert ("stability" in job.timings_ms) >= bool(job.result["evidence"]["stability"])
    return job.result["evidence"]["stability"]


def test_a_job_that_asks_for_it_is_scored_in_six_forms_as_if_they_had_been_sent(database, store, tenant, verifier):
    job_id = submit_image(database, store, tenant, scene(), evidence="full")
    verifier.drain([job_id])
    found = stability(database, tenant, job_id)
    assert [view["name"] for view in found["views"]] == list(NAMES)
    model = verifier._shelf.get()
    forms = reencodings(decode(scene(), LIMITS).image, int.from_bytes(sha256(scene())[:8]))
    claimed = get(database, tenant, job_id)
    for view, (_, file) in zip(found["views"], forms, strict=True):
        image = decode(file, LIMITS).image
        pixels = prepare(image, model.card.input, claimed.lane)
        picture = Picture(pixels=pixels, width=image.width, height=image.height, lane=claimed.lane)
        [score] = model.score_pictures([picture])
        assert view["ai_probability"] == pytest.approx(score.probability, abs=2e-4)
    every = [claimed.result["ai_probability"], *(view["ai_probability"] for view in found["views"])]
    assert (found["n"], found["low"], found["high"]) == (6, min(every), max(every))


def test_without_being_asked_nothing_is_scored_twice(database, store, tenant, verifier):
    job_id = submit_image(database, store, tenant, scene())
    verifier.drain([job_id])
    assert stability(database, tenant, job_id) == {}
    assert "stability" not in get(database, tenant, job_id).timings_ms


@pytest.mark.parametrize(
    ("policy", "job", "thresholds", "asked"),
    [
        ("full", None, None, True),
        ("full", "basic", None, False),
        ("basic", "full", None, True),
        ("likely_ai", None, CALLS_ALL_AI, True),
        ("likely_ai", None, CALLS_NONE_AI, False),
        ("likely_ai", "basic", CALLS_ALL_AI, False),
    ],
)
def test_what_the_job_says_goes_before_the_policy(database, store, tenant, verifier, policy, job, thresholds, asked):
    change_policy(database, tenant, evidence=policy, thresholds=thresholds)
    job_id = submit_image(database, store, tenant, scene(), evidence=job)
    verifier.drain([job_id])
    assert bool(stability(database, tenant, job_id)) is asked


def test_flips_do_not_hold_the_verdict(database, store, tenant, verifier):
    job_id = submit_image(database, store, tenant, scene(), evidence="full")
    verifier.drain([job_id])
    job = get(database, tenant, job_id)
    p = job.result["ai_probability"]
    # So near to its threshold that what is scored lower flips.
    change_policy(database, tenant, thresholds=Thresholds(likely_human=0.0, likely_ai=p))
    again = submit_image(database, store, tenant, scene(), evidence="full")
    verifier.drain([again])
    assert stability(database, tenant, again)["flips"] > 0
    assert get(database, tenant, again).result["verdict"] == "likely_ai"


def test_re_encoding_that_fails_costs_no_score(database, store, tenant, verifier, monkeypatch):
    def die(*_):
        raise DecoderDied("decoder_died", "killed")

    monkeypatch.setattr(verifier._decoder, "reencode", die)
    job_id = submit_image(database, store, tenant, scene(), evidence="full")
    verifier.drain([job_id])
    assert stability(database, tenant, job_id) == {}


def test_past_its_time_a_batch_is_finished_without_it(database, store, tenant, verifier, monkeypatch):
    job_id = submit_image(database, store, tenant, scene(), evidence="full")
    decoded = verifier._decoder.decode

    def slowly(*arguments):
        ready = decoded(*arguments)
        until = time.monotonic() + 1.1
        while time.monotonic() < until:
            pass
        return ready

    monkeypatch.setattr(verifier._decoder, "decode", slowly)
    monkeypatch.setattr(verifier, "_settings", verifier._settings.model_copy(update={"drain_seconds": 1.0}))
    verifier.drain([job_id])
    assert stability(database, tenant, job_id) == {}


def test_a_picture_that_takes_too_long_to_re_encode_ends_that_process_only():
    with Decoder(LIMITS, seconds=30, memory_bytes=2 << 30) as decoder:
        decoder.decode(scene(), SPEC)
        first = decoder._process.pid
        decoder._seconds = 0.0001
        with pytest.raises(DecoderDied, match="longer than"):
            decoder.reencode(scene(), SPEC, Lane.INTERACTIVE, 0)
        decoder._seconds = 30
        assert len(decoder.reencode(scene(), SPEC, Lane.INTERACTIVE, 0)) == len(NAMES)
        assert decoder._process.pid != first
        # What was left of the exchange before is not taken for an answer.
        assert decoder.decode(scene(), SPEC).width == 160
