"""The page of faults: what one kind of rows says stays when only the other kind was tried anew."""

from tests.faults import table

JOBS = {
    "part": "Redis",
    "fault": "redis killed",
    "jobs": 48,
    "states": {"done": 48},
    "faults": 1,
    "lost": 0,
    "duplicated": 0,
    "webhooks_missing": 0,
    "recovery_seconds": 3.3,
    "slowest_seconds": 2.8,
    "lease_seconds": 18.5,
}
RUNS = {
    "part": table.RETRAINER,
    "fault": "postgres away from the retrainer",
    "faults": 1,
    "failed": 0,
    "published": 1,
    "half_published": 0,
    "recovery_seconds": 66.9,
}


def test_the_faults_of_the_retrainer_stand_behind_those_of_the_pipeline_and_count_no_jobs():
    page = table.page([JOBS], [RUNS], "")
    assert "**In all: 48 jobs submitted, 1 faults injected" in page
    assert page.index("| Redis killed | 48 |") < page.index("| PostgreSQL away from the retrainer | 1 |")


def test_rows_of_one_kind_leave_the_other_half_as_it_was():
    whole = table.page([JOBS], [RUNS], "")
    jobs, runs = JOBS | {"fault": "redis frozen"}, RUNS | {"fault": "the disk full"}
    again = table.page([jobs], [], whole)
    assert "Redis frozen" in again
    assert "Redis killed" not in again
    assert "PostgreSQL away from the retrainer" in again
    again = table.page([], [runs], whole)
    assert "Redis killed" in again
    assert "the disk full" in again
    assert again.count("## Retrainer") == 1


def test_rows_that_say_the_same_write_the_same():
    whole = table.page([JOBS], [RUNS], "")
    assert table.page([], [RUNS], whole).partition("## Retrainer")[0] == whole.partition("## Retrainer")[0]
