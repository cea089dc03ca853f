from shared.storage import jobs
from tests.integration.factories import submit_link


def test_making_a_partition_waits_for_nobody_and_nobody_waits_for_it(database, tenant):
    with database.transaction() as connection:
        last = connection.execute(
            "SELECT relid::text AS name FROM pg_partition_tree('jobs') WHERE isleaf ORDER BY 1 DESC LIMIT 1"
        ).fetchone()["name"]
        connection.execute(f"DROP TABLE {last}")
    with database.transaction() as busy:
        busy.execute("INSERT INTO jobs (tenant_id, stage, lane, url) VALUES (%s, 'fetch', 'bulk', 'x')", (tenant,))
        with database.transaction() as connection:
            connection.execute("SET LOCAL lock_timeout = '1s'")
            assert jobs.make_partitions(connection) == 1
    assert submit_link(database, tenant)


def test_a_new_job_lies_in_the_partition_of_its_month(database, tenant):
    submit_link(database, tenant)
    with database.transaction() as connection:
        row = connection.execute(
            "SELECT tableoid::regclass::text AS partition, to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM') AS month FROM jobs"
        ).fetchone()
    assert row["partition"] == f"jobs_{row['month']}"


def test_partitions_stand_ready_for_six_months_and_are_made_once(database):
    with database.transaction() as connection:
        assert jobs.make_partitions(connection) == 0
        count = connection.execute("SELECT count(*) FROM pg_inherits WHERE inhparent = 'jobs'::regclass").fetchone()
    assert count["count"] == 7
