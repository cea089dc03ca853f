"""Which server and key the command line takes, and what it says where they fail."""

from tests.unit.jinwi.conftest import KEY, Answer, problem


def test_a_busy_server_is_given_the_time_it_asks(command, jinwi, folder):
    jinwi.script.append(problem(429, "Too many requests", "100 a minute.", Retry_After="0"))
    assert command("verify", folder / "50.png").exit_code == 0
    assert len(jinwi.jobs) == 1


def test_a_key_that_is_not_known_ends_the_run_at_once(command, jinwi, folder):
    result = command("verify", *folder.glob("*.png"), "--concurrency", 1, JINWI_API_KEY="wrong")
    assert result.exit_code == 1
    assert "does not accept this API key" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert len(jinwi.submissions()) == 1


def test_a_server_that_goes_away_ends_the_run_with_what_it_has(command, jinwi, folder, tmp_path, monkeypatch):
    monkeypatch.setattr("jinwi.commands.verify.OUTAGE_SECONDS", 0.2)
    jinwi.script.extend([jinwi.serve, *[Answer(status=0)] * 20])
    result = command("verify", *folder.glob("*.png"), "--concurrency", 1, "--resume", tmp_path / "journal")
    assert result.exit_code == 1
    assert "Images: 1." in result.stdout
    resume, reason = result.stderr.splitlines()
    assert "--resume" in resume
    assert reason.startswith(f"Cannot reach {jinwi.url}")


def test_a_server_that_is_not_running_is_said_in_one_line(command, folder):
    result = command("verify", folder, JINWI_URL="http://127.0.0.1:9")
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "Cannot reach http://127.0.0.1:9: is it running? Start it with `make up`, or set JINWI_URL."
    ]


def test_without_a_key_the_file_of_the_local_system_is_read(command, jinwi, folder, tmp_path):
    result = command("verify", folder / "50.png", JINWI_API_KEY="")
    assert result.exit_code == 1
    assert str(tmp_path / "home" / "key") in result.stderr
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "key").write_text(f"{KEY}\n")
    assert command("verify", folder / "50.png", JINWI_API_KEY="").exit_code == 0


def test_the_port_of_the_local_system_is_used_without_an_address(command, jinwi, folder):
    port = jinwi.url.rsplit(":", 1)[1]
    assert command("verify", folder / "50.png", JINWI_URL="", JINWI_PORT=port).exit_code == 0
