"""Jobs that are listed and erased, and lanes that are paused."""

from tests.unit.jinwi.cli.conftest import lines
from tests.unit.jinwi.conftest import Answer, job_document, problem

IDS = [f"019a0b8e-6f5c-7c3e-9f52-3d6c4f1f2a1{number}" for number in range(3)]


def test_jobs_are_listed_up_to_the_limit_with_the_filters(command, jinwi):
    jobs = [job_document(str(number), external_id="\x1b[31mred") for number in range(5)]
    jinwi.routes[("GET", "/v1/jobs")] = Answer(status=200, document={"jobs": jobs, "next_cursor": "more"})
    result = command("jobs", "--limit", 3, "--state", "done", "--verdict", "uncertain", "--after", "2026-11-21T09:00Z")
    assert result.exit_code == 0
    assert result.stdout.count("51 %") == 3
    assert "\x1b" not in result.stdout
    assert jinwi.seen[-1].query.items() >= {"state": "done", "verdict": "uncertain"}.items()
    assert "created_after" in jinwi.seen[-1].query
    assert "There are more than these 3" in result.stderr
    assert "UTC" in command("jobs", TZ="UTC").stdout
    assert lines(command("jobs", "--limit", 7, "--json")) == jobs + jobs[:2]


def test_a_list_that_is_whole_says_nothing_of_more(command, jinwi):
    document = {"jobs": [job_document(str(number)) for number in range(3)], "next_cursor": None}
    jinwi.routes[("GET", "/v1/jobs")] = Answer(status=200, document=document)
    assert command("jobs", "--limit", 3).stderr == ""


def test_a_time_that_is_none_is_a_wrong_usage(command):
    assert command("jobs", "--after", "yesterday").exit_code == 2


def test_jobs_are_erased_one_by_one(command, jinwi):
    for job_id in IDS[:2]:
        erased = job_document(job_id, state="erased")
        jinwi.routes[("DELETE", f"/v1/jobs/{job_id}")] = Answer(status=200, document=erased)
    assert [document["state"] for document in lines(command("erase", *IDS[:2], "--json"))] == ["erased", "erased"]
    assert command("erase", IDS[0]).stdout.count("erased") == 1
    result = command("erase", *IDS)
    assert (result.exit_code, result.stdout.count("erased"), len(result.stderr.splitlines())) == (1, 2, 1)


def test_nothing_is_erased_when_one_id_can_be_none(command, jinwi):
    result = command("erase", IDS[0], "bad")
    assert result.exit_code == 2
    assert result.stderr.splitlines() == ["bad is not a job id."]
    assert jinwi.seen == []


def test_a_lane_is_paused_and_resumed(command, jinwi):
    jinwi.routes[("PUT", "/v1/lanes/bulk")] = lambda seen: Answer(status=200, document={"lane": "bulk", **seen.fields})
    assert lines(command("pause", "bulk", "--json")) == [{"lane": "bulk", "paused": True}]
    assert "running" in command("resume", "bulk").stdout
    assert command("pause", "fast").exit_code == 2


def test_an_action_that_the_key_may_not_do_is_said(command, jinwi):
    jinwi.routes[("PUT", "/v1/lanes/bulk")] = problem(403, "Forbidden", "Needs scope admin.")
    result = command("pause", "bulk")
    assert result.exit_code == 1
    assert result.stderr.splitlines() == ["This API key may not do that: Needs scope admin."]
