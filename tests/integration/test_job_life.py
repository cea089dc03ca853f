"""The life of a job in Postgres: transitions, lists, counts and retention."""

import itertools

import psycopg
import pytest

from shared.domain.job import TRANSITIONS, Lane, Outcome, State, error_document
from shared.storage import counts, jobs, leases, webhooks
from tests.integration.factories import (
    NOW,
    claim,
    done,
    finish,
    get,
    lease_webhooks,
    make_tenant,
    submit_image,
    submit_link,
)


def test_the_database_and_the_domain_allow_the_same_transitions(database):
    with database.transaction() as connection:
        legal = {
            (before, after)
            for before, after in itertools.product(State, State)
            if connection.execute("SELECT is_legal_transition(%s, %s) AS ok", (before, after)).fetchone()["ok"]
        }
    assert legal == {(before, after) for before, afters in TRANSITIONS.items() for after in afters}


def test_the_database_refuses_an_illegal_transition(database, tenant):
    job_id = submit_link(database, tenant)
    with (
        pytest.raises(psycopg.errors.CheckViolation, match="cannot go from queued to done"),
        database.transaction() as c,
    ):
        c.execute("UPDATE jobs SET state = 'done', result = '{}' WHERE id = %s", (job_id,))


def test_a_finished_job_has_its_webhook_and_a_rolled_back_one_has_neither(database, store, tenant):
    job_id = submit_image(database, store, tenant, callback_url="https://example.com/hook")
    [held] = claim(database)
    with pytest.raises(RuntimeError), database.transaction() as connection:
        webhooks.announce(connection, leases.finish(connection, [done(held)]))
        raise RuntimeError
    assert get(database, tenant, job_id).state is State.RUNNING
    with database.transaction() as connection:
        webhooks.announce(connection, leases.finish(connection, [done(held)]))
    [delivery] = lease_webhooks(database)
    assert delivery.url == "https://example.com/hook"
    assert f'"id":"{job_id}"' in delivery.body


def test_another_tenant_can_neither_read_nor_erase_a_job(database, store, tenant):
    job_id = submit_image(database, store, tenant)
    stranger = make_tenant(database, "stranger")
    assert get(database, stranger, job_id) is None
    with database.transaction() as connection:
        assert jobs.erase(connection, stranger, job_id) is None
        assert jobs.page(connection, stranger, limit=10) == []
    assert get(database, tenant, job_id).state is State.QUEUED


def test_counters_agree_with_the_rows_through_every_kind_of_move(database, store, tenant):
    for _ in range(6):
        submit_image(database, store, tenant)
    submit_link(database, tenant, lane=Lane.BULK)
    first, second, third, fourth, *_ = claim(database)
    finish(database, done(first))
    finish(
        database,
        Outcome(job_id=second.id, fence=second.fence, state=State.FAILED, error=error_document("undecodable")),
    )
    with database.transaction() as connection:
        leases.release(connection, [third], wait=NOW)
        counts.fold(connection)
        leases.retry(connection, fourth, wait=NOW)
        jobs.erase(connection, tenant, first.id)
    with database.transaction() as connection:
        counted = {
            (row["state"], row["stage"], row["lane"]): row["present"]
            for row in counts.jobs(connection)
            if row["present"]
        }
        actual = {
            (row["state"], row["stage"], row["lane"]): row["count"]
            for row in connection.execute("SELECT state, stage, lane, count(*) FROM jobs GROUP BY state, stage, lane")
        }
    assert counted == actual


def test_a_time_before_all_ids_finds_every_job(database, tenant):
    from datetime import UTC, datetime

    job_id = submit_link(database, tenant)
    with database.transaction() as connection:
        [job] = jobs.page(connection, tenant, limit=5, created_after=datetime(1960, 1, 1, tzinfo=UTC))
    assert job.id == job_id


def test_a_page_holds_the_newest_first_and_the_next_goes_on_where_it_ended(database, tenant):
    ids = [submit_link(database, tenant, external_id=f"e{n % 2}") for n in range(5)]
    with database.transaction() as connection:
        first = [job.id for job in jobs.page(connection, tenant, limit=2)]
        rest = [job.id for job in jobs.page(connection, tenant, limit=10, before_id=first[-1])]
        odd = [job.id for job in jobs.page(connection, tenant, limit=10, external_id="e1", state="queued")]
    assert first + rest == ids[::-1]
    assert odd == [ids[3], ids[1]]


def test_retention_finds_finished_jobs_that_are_older_than_the_policy_keeps(database, store, tenant):
    from tests.integration.factories import change_policy

    change_policy(database, tenant, retention_days=30)
    job_id = submit_image(database, store, tenant)
    finish(database, done(claim(database)[0]))
    with database.transaction() as connection:
        assert jobs.past_retention(connection, limit=10) == []
        # A job of the partition's first instant, older than one day whenever this runs after the first of a month.
        connection.execute("UPDATE policies SET document = document || '{\"retention_days\": 0}' WHERE version = 2")
        assert jobs.past_retention(connection, limit=10) == [(tenant, job_id)]
