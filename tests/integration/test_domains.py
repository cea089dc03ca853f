"""What a result says of the kind of a picture: the record of its model there, and what that holds back."""

import json

import pytest

from shared.decoding.decoder import Decoder
from shared.domain.job import State
from shared.domain.lifecycle import VersionState
from shared.domain.verdict import Thresholds
from shared.imaging.formats import Format
from shared.storage import lifecycle, models
from tests.integration.factories import add_endpoint, change_policy, get, lease_webhooks, picture, submit_image
from tests.integration.test_challenge import compared, scorer  # noqa: F401 - a fixture
from tests.models import brightness, kinds
from tests.provenance.authority import TRAINED, action, sign, trusted_signer
from tests.provenance.containers import plain
from tests.unit.shared.imaging.pictures import LIMITS

CHAMPION, CHALLENGER = "100.0.0", "100.1.0"
BRIGHT, MIDDLING, DARK = ((level, level, level) for level in (200, 128, 50))
GOOD, POOR, FEW = (200, 10), (200, 30), (20, 0)


@pytest.fixture
def champion(database, store, tmp_path):
    """Makes a version champion that takes what is bright for an illustration by AI."""

    def put(**domains):
        directory = brightness(tmp_path / CHAMPION, CHAMPION, domains=kinds(**domains))
        models.register(database, store, directory, origin="imported")
        with database.transaction() as connection:
            lifecycle.promote(connection, CHAMPION, by=None, why="a test")

    return put


@pytest.fixture
def result_of(database, store, tenant, scorer):  # noqa: F811
    """Submits a picture and scores it."""

    def result(data, **how):
        job_id = submit_image(database, store, tenant, data, **how)
        scorer().drain([job_id])
        job = get(database, tenant, job_id)
        assert job.state is State.DONE, job
        return job.result

    return result


def codes(result):
    return [reason["code"] for reason in result["reasons"]]


def test_a_result_says_the_kind_and_the_record_of_its_model_there(champion, result_of):
    champion(bright=GOOD)
    result = result_of(picture(BRIGHT))
    found = result["evidence"]["domain"]
    low, high = found["record"].pop("interval")
    assert 0 < low < 0.05 < high < 0.2
    assert 0.9 < found.pop("probability") <= 1
    assert found == {
        "name": "illustration",
        "familiar": True,
        "record": {"images": 200, "owners": 10, "called_ai": 10, "rate": 0.05},
        "cap": 0.1,
    }
    assert (result["verdict"], result["reasons"]) == ("likely_ai", [])


def test_where_its_record_is_poor_it_calls_nothing_ai_and_says_why(champion, result_of):
    champion(bright=POOR, dark=POOR)
    held, spared = result_of(picture(BRIGHT)), result_of(picture(DARK))
    assert (held["verdict"], codes(held)) == ("uncertain", ["domain_record"])
    assert held["ai_probability"] > 0.8
    assert held["reasons"][0]["detail"] == (
        "The model takes this for an illustration. Of 200 such pictures by people it called 15 % AI: more than the 10 % "
        "that the policy allows."
    )
    assert (spared["verdict"], spared["reasons"]) == ("likely_human", [])


@pytest.mark.parametrize(
    ("cap", "verdict"), [(0.15, "likely_ai"), (0.14, "uncertain"), (1, "likely_ai"), (0, "uncertain")]
)
def test_the_tenants_cap_holds_and_is_echoed(database, tenant, champion, result_of, cap, verdict):
    champion(bright=POOR)
    change_policy(database, tenant, domain_cap=cap)
    result = result_of(picture(BRIGHT))
    assert (result["verdict"], result["evidence"]["domain"]["cap"]) == (verdict, cap)


def test_a_webhook_carries_the_kind_as_the_answer_does(database, tenant, champion, result_of):
    champion(bright=POOR)
    add_endpoint(database, tenant, "https://example.com/hook")
    told = result_of(picture(BRIGHT))
    [delivery] = lease_webhooks(database)
    sent = json.loads(delivery.body)["data"]["result"]
    assert (sent["evidence"]["domain"], sent["reasons"]) == (told["evidence"]["domain"], told["reasons"])


def test_the_record_is_counted_at_the_tenants_threshold(database, tenant, champion, result_of):
    champion(bright=POOR)
    change_policy(database, tenant, thresholds=Thresholds(likely_human=0.0, likely_ai=0.0000001))
    record = result_of(picture(BRIGHT))["evidence"]["domain"]["record"]
    assert (record["called_ai"], record["images"]) == (30, 200)


@pytest.mark.parametrize("colour", [BRIGHT, DARK])
def test_of_a_kind_that_was_hardly_measured_neither_verdict_is_given(champion, result_of, colour):
    champion(bright=FEW, dark=FEW)
    result = result_of(picture(colour))
    assert (result["verdict"], codes(result)) == ("uncertain", ["domain_unmeasured"])
    assert result["evidence"]["domain"]["record"]["images"] == 20


@pytest.mark.parametrize("colour", [BRIGHT, DARK])
def test_what_is_unlike_all_that_was_measured_gets_neither_verdict(champion, result_of, colour):
    champion(farthest=3.0)
    result = result_of(picture(colour))
    assert (result["verdict"], codes(result)) == ("uncertain", ["unfamiliar"])
    assert result["evidence"]["domain"]["familiar"] is False


def test_a_score_that_decides_nothing_needs_no_reason(champion, result_of):
    champion(bright=FEW, dark=FEW, farthest=0.0)
    result = result_of(picture(MIDDLING))
    assert (result["verdict"], result["reasons"]) == ("uncertain", [])
    assert result["evidence"]["domain"] is not None


def test_a_model_that_says_nothing_of_kinds_is_not_held_back(database, store, tmp_path, result_of):
    models.register(database, store, brightness(tmp_path / CHAMPION, CHAMPION), origin="imported")
    with database.transaction() as connection:
        lifecycle.promote(connection, CHAMPION, by=None, why="a test")
    result = result_of(picture(BRIGHT))
    assert (result["verdict"], result["reasons"]) == ("likely_ai", [])
    assert result["evidence"]["domain"] is None


@pytest.mark.parametrize("colour", [BRIGHT, DARK])
def test_a_blank_picture_is_held_whoever_scores_it(champion, result_of, colour):
    champion()
    held, judged = result_of(picture(colour, blank=True)), result_of(picture(colour))
    assert (held["verdict"], codes(held)) == ("uncertain", ["blank"])
    assert judged["reasons"] == []


def test_of_a_blank_picture_nothing_else_is_said(champion, result_of):
    champion(bright=FEW)
    assert codes(result_of(picture(BRIGHT, blank=True))) == ["blank"]


def test_a_trusted_signature_settles_what_a_poor_record_would_hold(database, store, tenant, champion, scorer):  # noqa: F811
    champion(bright=FEW, dark=FEW)
    change_policy(database, tenant, provenance="decide")
    trusting = scorer()
    trusting._decoder.close()
    trusting._decoder = Decoder(LIMITS, 10, 2 << 30, trust_anchors=trusted_signer().root)
    data = sign(plain(Format.JPEG), "image/jpeg", action("c2pa.created", TRAINED))
    job_id = submit_image(database, store, tenant, data)
    trusting.drain([job_id])
    result = get(database, tenant, job_id).result
    assert (result["verdict"], result["basis"], result["reasons"]) == ("likely_ai", "provenance", [])
    assert result["evidence"]["domain"] is not None


def test_stabilitys_views_are_judged_by_the_score_alone(champion, result_of):
    champion(bright=POOR)
    result = result_of(picture(BRIGHT, size=(64, 64)), evidence="full")
    assert result["verdict"] == "uncertain"
    assert {view["verdict"] for view in result["evidence"]["stability"]["views"]} == {"likely_ai"}
    assert result["evidence"]["stability"]["flips"] == 0


@pytest.mark.parametrize(("ours", "theirs"), [(GOOD, POOR), (POOR, GOOD)])
def test_a_challenger_is_judged_by_its_own_record(database, store, tenant, champion, scorer, tmp_path, ours, theirs):  # noqa: F811
    champion(bright=ours)
    directory = brightness(tmp_path / CHALLENGER, CHALLENGER, domains=kinds(bright=theirs))
    models.register(database, store, directory, origin="imported")
    with database.transaction() as connection:
        lifecycle.enter(connection, CHALLENGER, run_id=None, by=None, why="a test")
        assert lifecycle.challenger(connection)["state"] == VersionState.SHADOW
    job_id = submit_image(database, store, tenant, picture(BRIGHT))
    scorer(shadow_share=1).drain([job_id])
    [row] = compared(database)
    verdicts = {GOOD: "likely_ai", POOR: "uncertain"}
    assert (row["champion_verdict"], row["verdict"]) == (verdicts[ours], verdicts[theirs])
    assert get(database, tenant, job_id).result["verdict"] == verdicts[ours]
