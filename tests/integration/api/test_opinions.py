"""What several people's reviews come to, beside a result that stays as it was."""

import itertools
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.domain.review import Said
from tests.integration.api.people import judged
from tests.integration.factories import get, submit_image

KIM, LEE, PARK = "Kim", "Lee", "Park"


@pytest.fixture
def review(client):
    def add(job, label, reviewer=KIM, **more):
        body = {"label": label, "reason": "Looked at it.", "reviewer": reviewer, **more}
        answer = client.post(f"/v1/jobs/{job.id}/review", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    return add


def reviewed(client, job):
    return client.get(f"/v1/jobs/{job.id}").json()["reviewed"]


def test_an_unreviewed_result_has_the_models_verdict_alone(client, database, store, tenant):
    job = judged(database, store, tenant)
    assert reviewed(client, job) == {
        "state": "none",
        "verdict_by_person": None,
        "votes": {"human": 0, "ai": 0, "unsure": 0},
    }


@pytest.mark.parametrize(
    ("verdict", "label", "state"),
    [
        ("likely_ai", "ai", "confirmed"),
        ("likely_ai", "human", "overturned"),
        ("likely_human", "human", "confirmed"),
        ("likely_human", "ai", "overturned"),
        ("uncertain", "human", "decided"),
        ("uncertain", "ai", "decided"),
    ],
)
def test_one_review_settles_a_verdict_and_leaves_the_models(
    client, database, store, tenant, review, verdict, label, state
):
    job = judged(database, store, tenant, verdict=verdict, ai_probability=0.4)
    review(job, label)
    found = client.get(f"/v1/jobs/{job.id}").json()
    assert (found["reviewed"]["state"], found["reviewed"]["verdict_by_person"]) == (state, label)
    assert (found["result"]["verdict"], found["result"]["ai_probability"]) == (verdict, 0.4)
    listed = client.get("/v1/jobs", params={"review": state}).json()["jobs"]
    assert [one["id"] for one in listed] == [str(job.id)]
    others = {"none", "confirmed", "overturned", "disputed", "decided"} - {state}
    assert all(client.get("/v1/jobs", params={"review": other}).json()["jobs"] == [] for other in others)


def test_two_who_disagree_are_disputed_and_a_third_decides(client, database, store, tenant, review):
    job, _ = judged(database, store, tenant), judged(database, store, tenant)
    review(job, "human", KIM)
    review(job, "ai", LEE)
    assert reviewed(client, job)["state"] == "disputed"
    assert reviewed(client, job)["verdict_by_person"] is None
    waiting = client.get("/v1/jobs", params={"review": "disputed"}).json()["jobs"]
    assert [one["id"] for one in waiting] == [str(job.id)]
    review(job, "human", PARK)
    assert reviewed(client, job) == {
        "state": "overturned",
        "verdict_by_person": "human",
        "votes": {"human": 2, "ai": 1, "unsure": 0},
    }


def test_of_one_reviewer_the_newest_label_counts_and_who_is_unsure_has_no_vote(client, database, store, tenant, review):
    job = judged(database, store, tenant)
    review(job, "ai", KIM)
    review(job, "human", KIM)
    review(job, "unsure", LEE)
    assert reviewed(client, job)["votes"] == {"human": 1, "ai": 0, "unsure": 1}
    assert reviewed(client, job)["state"] == "overturned"
    review(job, "unsure", KIM)
    assert reviewed(client, job)["state"] == "none"
    assert [one["id"] for one in client.get("/v1/jobs", params={"review": "none"}).json()["jobs"]] == [str(job.id)]
    assert len(client.get(f"/v1/jobs/{job.id}/reviews").json()["reviews"]) == 4


def test_reviews_at_the_same_moment_are_all_counted(client, database, store, tenant, review):
    job = judged(database, store, tenant)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: review(job, "human" if n % 3 else "ai", f"reviewer {n}"), range(12)))
    assert reviewed(client, job)["votes"] == {"human": 8, "ai": 4, "unsure": 0}


def test_a_review_of_a_waiting_job_holds_once_it_is_done(client, database, store, tenant, review):
    waiting = get(database, tenant, submit_image(database, store, tenant))
    review(waiting, "human")
    assert reviewed(client, waiting)["state"] == "decided"


def test_what_was_ticked_is_kept_with_the_review(client, database, store, tenant, review):
    job = judged(database, store, tenant)
    ticked = {"lighting": "ok", "hands": "odd", "text": "unclear"}
    assert review(job, "ai", checklist=ticked)["checklist"] == ticked
    [kept] = client.get(f"/v1/jobs/{job.id}/reviews").json()["reviews"]
    assert kept["checklist"] == ticked
    assert review(job, "ai")["checklist"] == {}
    wrong = {"label": "ai", "reason": "r", "reviewer": "v", "checklist": {"feet": "odd"}}
    assert client.post(f"/v1/jobs/{job.id}/review", json=wrong).status_code == 422
    wrong["checklist"] = {"hands": "six"}
    refused = client.post(f"/v1/jobs/{job.id}/review", json=wrong)
    assert refused.json()["errors"][0]["field"] == "checklist.hands"


def test_an_erased_job_keeps_no_opinion(client, database, store, tenant, review):
    job = judged(database, store, tenant)
    review(job, "human")
    client.delete(f"/v1/jobs/{job.id}")
    assert reviewed(client, job)["state"] == "none"
    with database.transaction() as connection:
        assert connection.execute("SELECT count(*) AS n FROM opinions").fetchone()["n"] == 0


def test_the_event_says_which_verdict_held_and_which_holds(client, database, store, tenant, review):
    client.post("/v1/webhooks", json={"url": "https://93.184.216.34/hook", "events": ["job.reviewed"]})
    job = judged(database, store, tenant)
    for label, reviewer in (("unsure", KIM), ("human", KIM), ("ai", LEE), ("human", PARK)):
        review(job, label, reviewer, checklist={"hands": "ok"})
    told = [row["data"] for row in bodies(database)]
    assert [(one["verdict"]["old"], one["verdict"]["new"]) for one in told] == [
        ("likely_ai", "likely_ai"),
        ("likely_ai", "human"),
        ("human", "disputed"),
        ("disputed", "human"),
    ]
    assert told[1]["review"]["checklist"] == {"hands": "ok"}
    assert told[1]["reviewed"]["state"] == "overturned"
    assert told[1]["result"]["verdict"] == "likely_ai"


def bodies(database):
    with database.transaction() as connection:
        rows = connection.execute("SELECT body::json AS body FROM deliveries ORDER BY id").fetchall()
    return [row["body"] for row in rows]


def test_the_database_counts_as_the_rule_says(database, store, tenant, client):
    """Every order of three reviewers' labels, against the rule in words of its own."""
    for labels in itertools.product(("human", "ai", "unsure"), repeat=3):
        job = judged(database, store, tenant)
        with database.transaction() as connection:
            for reviewer, label in zip((KIM, LEE, KIM), labels, strict=True):
                connection.execute(
                    "INSERT INTO reviews (tenant_id, job_id, label, reason, reviewer) VALUES (%s, %s, %s, 'r', %s)",
                    (tenant, job.id, label, reviewer),
                )
        newest = [labels[2], labels[1]]
        human, ai = newest.count("human"), newest.count("ai")
        said = Said.HUMAN if human > ai else Said.AI if ai > human else Said.DISPUTED if ai else Said.UNSURE
        assert get(database, tenant, job.id).opinion.said is said, labels
