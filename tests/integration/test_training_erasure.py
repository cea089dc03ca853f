"""Erasing a job, or recalling consent, takes its sample out of training: ledger, snapshots, spot checks, cases."""

import json
import threading
from uuid import uuid4

import psycopg
import pytest

from services.retrainer.harvest.snapshots import SnapshotBroken, read, take
from shared.domain.retraining import Harvest
from shared.domain.tenant import Scope
from shared.storage import jobs, ledger, spot_checks, tenants
from tests.integration.factories import change_policy
from tests.integration.retraining import (
    WINDOW,
    decisions,
    draw,
    label,
    lend,
    lender,
    pictured,
    run_harvest,
    sha256_of,
    waiting,
)
from tests.models import brightness
from tests.processes import wait_until


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return brightness(tmp_path_factory.mktemp("champion") / "2.0.0")


@pytest.fixture
def lent(database):
    return lender(database)


@pytest.fixture
def harvested(database, store, model, settings, lent):
    """Two jobs that a run admitted and took into its snapshot, and that run's id."""
    ids = [lend(database, store, lent, pictured(seed)) for seed in (1, 2)]
    run_id = uuid4()
    run_harvest(database, store, model, settings, run_id)
    return *ids, run_id


def snapshot(database, settings, run_id, **more):
    with database.transaction() as connection:
        return take(connection, run_id, settings, **more)


def erase(database, tenant, job_id):
    with database.transaction() as connection:
        jobs.erase(connection, tenant, job_id)


def job_ids(taken):
    return {reference.job_id for reference in taken.references}


def test_a_snapshot_refers_to_what_was_admitted_and_copies_nothing(database, settings, harvested):
    *ids, run_id = harvested
    taken = snapshot(database, settings, run_id, gold=[b"\x01" * 32], files={"gold.npz": "ab" * 32})
    assert job_ids(taken) == set(ids)
    assert {reference.sha256 for reference in taken.references} == {sha256_of(pictured(seed)) for seed in (1, 2)}
    assert (taken.taken, taken.new, taken.withdrawn) == (2, 2, 0)
    with database.transaction() as connection:
        [row] = connection.execute("SELECT manifest FROM snapshots").fetchall()
    assert row["manifest"]["gold"] == ["01" * 32]
    assert row["manifest"]["files"] == {"gold.npz": "ab" * 32}
    for seed in (1, 2):
        assert sha256_of(pictured(seed)).hex() not in json.dumps(row["manifest"])


def test_a_run_has_one_snapshot_whenever_it_asks(database, store, model, settings, lent, harvested):
    *_, run_id = harvested
    taken = snapshot(database, settings, run_id)
    lend(database, store, lent, pictured(3))
    later = uuid4()
    run_harvest(database, store, model, settings, later)
    assert snapshot(database, settings, run_id) == taken
    following = snapshot(database, settings, later)
    assert (following.taken, following.new) == (3, 1)


def test_an_erased_job_is_in_no_later_snapshot_and_leaves_those_that_were_taken(
    database, store, model, settings, lent, harvested
):
    erased, kept, run_id = harvested
    snapshot(database, settings, run_id)
    erase(database, lent, erased)
    with database.transaction() as connection:
        before = read(connection, run_id)
    assert (job_ids(before), before.taken, before.withdrawn) == ({kept}, 2, 1)
    later = uuid4()
    run_harvest(database, store, model, settings, later)
    assert job_ids(snapshot(database, settings, later)) == {kept}


def test_erasure_empties_the_ledger_row_and_leaves_the_counts(database, settings, lent, harvested):
    erased, _, run_id = harvested
    erase(database, lent, erased)
    with database.transaction() as connection:
        [row] = connection.execute("SELECT * FROM ledger WHERE job_id = %s", [erased]).fetchall()
        assert ledger.counts(connection, run_id) == Harvest(considered=2, admitted=2, refused={})
    for name in ("sha256", "pdq", "model", "score", "label", "weight", "detail", "seal"):
        assert row[name] is None, name
    assert row["withdrawn_at"] is not None


def test_nothing_of_an_erased_picture_is_left_in_any_table_of_training(
    database, store, model, settings, tenant, lent, harvested
):
    erased, _, run_id = harvested
    with database.transaction() as connection:
        key = tenants.create_key(connection, tenant, "operator", {Scope.LABEL})[0]["id"]
        [row] = connection.execute("SELECT sha256, pdq FROM ledger WHERE job_id = %s", [erased]).fetchall()
    draw(database)
    label(database, erased, "ai", key, regression=True)
    run_harvest(database, store, model, settings)  # gives the case its hash
    snapshot(database, settings, run_id)
    erase(database, lent, erased)
    for table in ("ledger", "looks", "snapshots", "snapshot_samples", "spot_checks", "regression_cases"):
        with database.transaction() as connection:
            text = str(
                connection.execute(psycopg.sql.SQL("SELECT * FROM {}").format(psycopg.sql.Identifier(table))).fetchall()
            )
        assert row["sha256"].hex() not in text, table
        assert str(row["sha256"]) not in text, table
        assert str(row["pdq"]) not in text, table


def test_a_look_that_waits_for_its_decision_is_erased_too(database, store, lent, harvested):
    job_id, run_id = lend(database, store, lent, pictured(3)), uuid4()
    seen = ledger.Look(job_id=job_id, pdq=bytes(32), scores=[0.1], second_score=None, embedding=None)
    with database.transaction() as connection:
        ledger.keep_look(connection, run_id, seen)
        assert ledger.looks(connection, run_id) == {job_id: seen}
    erase(database, lent, job_id)
    with database.transaction() as connection:
        ledger.keep_look(connection, run_id, seen)  # by a harvest that does not know yet
        assert ledger.looks(connection, run_id) == {}


def test_no_decision_is_written_of_a_job_that_is_erased_meanwhile(database, store, model, settings, lent):
    job_id, run_id = lend(database, store, lent, pictured(1)), uuid4()

    def erasing(_):
        erase(database, lent, job_id)

    assert run_harvest(database, store, model, settings, run_id, erasing) == Harvest(refused={})
    assert decisions(database, lent, job_id) == []


def test_a_decision_waits_for_an_erasure_that_is_under_way_and_is_then_not_written(
    database, store, model, settings, lent
):
    job_id, run_id = lend(database, store, lent, pictured(1)), uuid4()
    entry = ledger.Entry(
        job_id=job_id,
        source="harvest",
        refusal=None,
        sha256=sha256_of(pictured(1)),
        pdq=bytes(32),
        model="2.0.0",
        score=0.01,
        label=0.01,
        weight=0.98,
        detail={},
    )

    def write():
        with database.transaction() as connection:
            ledger.write(connection, run_id, [entry])

    writing = threading.Thread(target=write)
    with database.transaction() as connection:
        jobs.erase(connection, lent, job_id)
        writing.start()
        wait_until(lambda: someone_waits_for_a_lock(database))
    writing.join(20)
    assert not writing.is_alive()
    assert decisions(database, lent, job_id) == []


def someone_waits_for_a_lock(database):
    with database.transaction() as connection:
        return connection.execute("SELECT FROM pg_locks WHERE NOT granted").fetchone() is not None


def test_consent_that_is_recalled_during_a_harvest_makes_a_refusal(database, store, model, settings, lent):
    job_id = lend(database, store, lent, pictured(1))

    def recalling(_):
        change_policy(database, lent, allow_training=False)

    counted = run_harvest(database, store, model, settings, report=recalling)
    assert (counted.considered, counted.admitted, counted.refused) == (1, 0, {"withdrawn": 1})
    assert decisions(database, lent, job_id)[0]["label"] is None
    change_policy(database, lent, allow_training=True)
    assert run_harvest(database, store, model, settings).admitted == 1


def test_samples_of_a_tenant_that_recalls_its_consent_leave_and_come_back_with_it(database, settings, lent, harvested):
    *ids, run_id = harvested
    snapshot(database, settings, run_id)
    change_policy(database, lent, allow_training=False)
    with database.transaction() as connection:
        assert read(connection, run_id).references == []
    assert snapshot(database, settings, uuid4()).taken == 0
    change_policy(database, lent, allow_training=True)
    assert job_ids(snapshot(database, settings, uuid4())) == set(ids)


def test_the_runs_that_used_a_sample_are_listed_even_after_its_erasure(
    database, store, model, settings, lent, harvested
):
    erased, kept, run_id = harvested
    snapshot(database, settings, run_id)
    later = uuid4()
    snapshot(database, settings, later)
    erase(database, lent, erased)
    snapshot(database, settings, uuid4())
    with database.transaction() as connection:
        assert ledger.used_by(connection, lent, erased) == [run_id, later]
        assert len(ledger.used_by(connection, lent, kept)) == 3


def test_spot_checks_and_cases_go_with_their_job_or_its_consent(database, store, tenant, lent):
    ids = [lend(database, store, lent, pictured(seed)) for seed in range(3)]
    with database.transaction() as connection:
        key = tenants.create_key(connection, tenant, "operator", {Scope.LABEL})[0]["id"]
    draw(database)
    label(database, ids[0], "ai", key, regression=True)
    erase(database, lent, ids[1])
    assert waiting(database).keys() == {ids[2]}
    change_policy(database, lent, allow_training=False)
    with database.transaction() as connection:
        assert spot_checks.regression_cases(connection) == []
        assert spot_checks.random_labels(connection, window=WINDOW) == {}
    assert waiting(database) == {}
    change_policy(database, lent, allow_training=True)
    erase(database, lent, ids[0])
    with database.transaction() as connection:
        assert spot_checks.regression_cases(connection) == []


@pytest.mark.parametrize(
    "statement", ["UPDATE snapshots SET manifest = '{}'", "DELETE FROM snapshots", "DELETE FROM snapshot_samples"]
)
def test_a_snapshot_is_immutable(database, settings, harvested, statement):
    *_, run_id = harvested
    snapshot(database, settings, run_id)
    with pytest.raises(psycopg.errors.CheckViolation), database.transaction() as connection:
        connection.execute(statement)


@pytest.mark.parametrize(
    ("tampering", "said"),
    [
        ("UPDATE ledger SET label = 1 - label", "sample"),
        ("UPDATE ledger SET sha256 = seal", "sample"),
        ("UPDATE snapshots SET manifest = replace(manifest::text, '\"new\": 2', '\"new\": 9')::json", "manifest"),
    ],
)
def test_a_snapshot_tells_when_a_database_was_tampered_with(database, settings, harvested, tampering, said):
    *_, run_id = harvested
    snapshot(database, settings, run_id)
    with database.transaction() as connection:
        connection.execute("ALTER TABLE ledger DISABLE TRIGGER USER")
        connection.execute("ALTER TABLE snapshots DISABLE TRIGGER USER")
        connection.execute(tampering.encode())
    with pytest.raises(SnapshotBroken, match=said), database.transaction() as connection:
        read(connection, run_id)
