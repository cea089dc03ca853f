import json

import pytest

from jinwi.inputs.journal import Journal, NotAJournal

URL = "http://127.0.0.1:8000"


def journal(path, *, url=URL, lane="bulk"):
    return Journal(path, url=url, lane=lane)


def test_what_was_noted_is_known_after_a_crash(tmp_path):
    path = tmp_path / "run.journal"
    first = journal(path)
    first.note_submitted("/a", "id-a")
    first.note_submitted("/b", "id-b")
    first.note_ended("/b", {"state": "done", "input": "b"})
    with journal(path) as second:
        assert (second.job("/a"), second.ended("/a")) == ("id-a", None)
        assert (second.job("/b"), second.ended("/b")) == (None, {"state": "done", "input": "b"})
        assert (second.job("/c"), second.ended("/c")) == (None, None)
    first.close()


def test_its_own_server_and_lane_hold(tmp_path):
    path = tmp_path / "run.journal"
    journal(path, lane="bulk").close()
    with journal(path, url="http://other", lane="interactive") as second:
        assert (second.url, second.lane) == (URL, "bulk")


def test_a_submission_has_the_same_key_in_every_run_of_its_journal_and_no_other(tmp_path):
    with journal(tmp_path / "one") as one, journal(tmp_path / "two") as two:
        keys = {one.submission_key("/a"), one.submission_key("/b"), two.submission_key("/a")}
        assert len(keys) == 3
        with journal(tmp_path / "one") as again:
            assert again.submission_key("/a") == one.submission_key("/a")


def test_a_line_cut_off_by_a_crash_is_dropped(tmp_path):
    path = tmp_path / "run.journal"
    with journal(path) as first:
        first.note_submitted("/a", "id-a")
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"input": "/b", "jo')
    with journal(path) as second:
        assert (second.job("/a"), second.job("/b")) == ("id-a", None)
        second.note_submitted("/c", "id-c")
    assert path.read_bytes().startswith(whole)
    assert [json.loads(line).get("input") for line in path.read_bytes().splitlines()] == [None, "/a", "/c"]


@pytest.mark.parametrize(
    "content",
    [
        b"shopping list",
        b"shopping list\n",
        b"[1]\n",
        b'"text"\n',
        b'{"input": "a"}\n',
        b'{"journal": 5, "url": "u", "lane": "bulk"}\n',
        b'{"journal": "00000000-0000-0000-0000-000000000000", "url": "u", "lane": "bulk"}\n{"x": 1}\n{"cut',
        b"\xff\xd8\xff\n\n",
    ],
)
def test_another_file_is_refused_and_left_as_it_is(tmp_path, content):
    path = tmp_path / "mine"
    path.write_bytes(content)
    with pytest.raises(NotAJournal):
        journal(path)
    assert path.read_bytes() == content


def test_a_name_that_is_no_text_survives(tmp_path):
    path = tmp_path / "run.journal"
    with journal(path) as first:
        first.note_submitted("/caf\udce9.jpg", "id")
    with journal(path) as second:
        assert second.job("/caf\udce9.jpg") == "id"
