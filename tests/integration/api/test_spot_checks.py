"""The operator's reviewers: whom they answer to, what they see, and what they cannot see."""

from uuid import uuid4

import pytest

from services.worker import housekeeping
from shared.domain.tenant import Scope
from shared.storage import spot_checks
from tests.integration.factories import change_policy, make_tenant, submit_image
from tests.integration.retraining import lend, lender, pictured, run_harvest, waiting
from tests.models import brightness

ANSWER = {"label": "human", "reason": "A snapshot of a real street."}


@pytest.fixture
def lent(database):
    return lender(database)


@pytest.fixture
def reviewer(connect, new_key):
    return connect(new_key({Scope.LABEL}))


def checks(client, **params) -> list[dict]:
    answer = client.get("/v1/spot-checks", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()["spot_checks"]


@pytest.fixture
def drawn(database, store, settings, lent):
    """The id of the spot check on the only job that is lent, and its picture."""
    data = pictured(1)
    job_id = lend(database, store, lent, data, score=0.97)
    housekeeping.maintain(database, store, settings)
    return waiting(database)[job_id], data


def test_housekeeping_draws_and_a_reviewer_sees_the_picture_and_nothing_else(reviewer, drawn, lent, database):
    check_id, data = drawn
    [shown] = checks(reviewer)
    image = f"/v1/spot-checks/{check_id}/image"
    assert {name: value for name, value in shown.items() if name != "drawn_at"} == {
        "id": str(check_id),
        "state": "waiting",
        "kind": None,
        "label": None,
        "reason": None,
        "regression": False,
        "decided_at": None,
        "links": {"image": image},
    }
    answer = reviewer.get(image)
    assert (answer.content, answer.headers["Content-Type"]) == (data, "image/png")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    said = reviewer.get("/v1/spot-checks").text + str(answer.headers)
    [job_id] = waiting(database)
    assert not [secret for secret in (str(lent), str(job_id), "0.97", "likely_ai") if secret in said]


def test_a_label_is_given_once_and_stands_in_the_audit_log(reviewer, client, drawn):
    path = f"/v1/spot-checks/{drawn[0]}"
    answer = reviewer.post(path, json=ANSWER)
    assert answer.status_code == 200, answer.text
    labelled = answer.json()
    assert (labelled["state"], labelled["label"], labelled["kind"]) == ("labelled", "human", "random")
    assert checks(reviewer) == []
    assert checks(reviewer, state="labelled") == [labelled]
    again = reviewer.post(path, json={**ANSWER, "label": "ai"})
    assert (again.status_code, again.json()["type"]) == (409, "urn:jinwi:problem:conflict")
    [act] = client.get("/v1/audit", params={"action": "spot_check.labelled"}).json()["acts"]
    assert act["subject"] == str(drawn[0])
    assert act["details"] == {"label": "human", "regression": False}
    assert act["tenant_id"] is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"label": "perhaps"}, "label"),
        ({"reason": ""}, "reason"),
        ({"label": "unsure", "regression": True}, "regression"),
        ({"regression": "yes"}, "regression"),
        ({"reviewer": "me"}, "reviewer"),
    ],
)
def test_a_wrong_answer_is_told_which_field_is_wrong_and_changes_nothing(reviewer, drawn, change, field):
    answer = reviewer.post(f"/v1/spot-checks/{drawn[0]}", json={**ANSWER, **change})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert len(checks(reviewer)) == 1


def test_an_error_can_be_marked_for_the_gate(reviewer, drawn, database):
    marked = reviewer.post(f"/v1/spot-checks/{drawn[0]}", json={**ANSWER, "regression": True})
    assert marked.json()["regression"] is True
    with database.transaction() as connection:
        [case] = spot_checks.regression_cases(connection)
    assert case["label"] == "human"


@pytest.mark.parametrize("end", ["erased", "recalled"])
def test_what_is_erased_or_lent_no_more_is_gone_for_reviewers(reviewer, connect, new_key, database, lent, drawn, end):
    [job_id] = waiting(database)
    if end == "erased":
        owner = connect(new_key({Scope.SUBMIT}, lent))
        assert owner.delete(f"/v1/jobs/{job_id}").json()["state"] == "erased"
    else:
        change_policy(database, lent, allow_training=False)
    assert checks(reviewer) == []
    assert reviewer.get(f"/v1/spot-checks/{drawn[0]}/image").status_code == 404
    assert reviewer.post(f"/v1/spot-checks/{drawn[0]}", json=ANSWER).status_code == 404


def test_nothing_is_ever_shown_of_a_job_that_is_not_lent(reviewer, connect, new_key, database, store, settings, lent):
    stranger = make_tenant(database, "stranger")
    lend(database, store, stranger, pictured(2))
    lend(database, store, lent, pictured(3), allow_training=False)
    submit_image(database, store, lent, pictured(4), allow_training=True)  # not done yet
    housekeeping.maintain(database, store, settings)
    assert checks(reviewer) == []


def test_only_an_administrator_makes_reviewers_and_a_tenants_own_cannot_label(connect, new_key, lent, drawn):
    theirs = connect(new_key(set(Scope) - {Scope.LABEL, Scope.ADMIN}, lent))
    assert theirs.get("/v1/spot-checks").status_code == 403
    assert theirs.post(f"/v1/spot-checks/{drawn[0]}", json=ANSWER).status_code == 403
    assert theirs.post("/v1/keys", json={"name": "k", "scopes": ["label"]}).status_code == 403
    made = connect(new_key({Scope.ADMIN})).post("/v1/keys", json={"name": "k", "scopes": ["label"]}).json()
    assert len(checks(connect(made["key"]))) == 1


def test_pages_follow_one_another(reviewer, database, store, settings, lent):
    for seed in range(5):
        lend(database, store, lent, pictured(seed))
    housekeeping.maintain(database, store, settings)
    seen, cursor = [], None
    while True:
        page = reviewer.get("/v1/spot-checks", params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        seen += [check["id"] for check in page["spot_checks"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == 5 == len(set(seen))


def test_an_unknown_spot_check_is_not_found(reviewer):
    assert reviewer.get(f"/v1/spot-checks/{uuid4()}/image").status_code == 404
    assert reviewer.post(f"/v1/spot-checks/{uuid4()}", json=ANSWER).status_code == 404


def test_a_tenant_reads_which_runs_used_its_job_and_not_why_one_was_refused(
    connect, new_key, database, store, settings, lent, tmp_path
):
    from services.retrainer.harvest.snapshots import take

    owner = connect(new_key({Scope.READ, Scope.SUBMIT}, lent))
    job_id = lend(database, store, lent, pictured(1))
    kept_back = lend(database, store, lent, pictured(2, 220), score=0.99)
    run_id = uuid4()
    run_harvest(database, store, brightness(tmp_path / "2.0.0"), settings, run_id)
    with database.transaction() as connection:
        take(connection, run_id, settings)
    assert owner.get(f"/v1/jobs/{job_id}/training").json() == {"lent": True, "used_by": [str(run_id)]}
    assert owner.get(f"/v1/jobs/{kept_back}/training").json() == {"lent": True, "used_by": []}
    owner.delete(f"/v1/jobs/{job_id}")
    assert owner.get(f"/v1/jobs/{job_id}/training").json() == {"lent": False, "used_by": [str(run_id)]}
    assert owner.get(f"/v1/jobs/{uuid4()}/training").status_code == 404
