import subprocess
import sys

import pytest

from deploy.local.home import AlreadyRunning, Home
from shared.errors import ConfigurationError

HOLD = """
import sys
from pathlib import Path
from deploy.local.home import Home

home = Home(Path(sys.argv[1]))
with home.locked():
    home.tell_url("http://127.0.0.1:8000")
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "home")


@pytest.fixture
def holder(home):
    """Another process that has the home."""
    command = [sys.executable, "-c", HOLD, home.root]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


def test_only_one_has_it_and_the_other_learns_who_and_where(home, holder):
    with pytest.raises(AlreadyRunning) as raised, home.locked():
        pass
    assert raised.value.pid == holder.pid
    assert raised.value.url == "http://127.0.0.1:8000"


def test_a_look_says_who_has_it_and_takes_nothing(home, holder):
    with pytest.raises(AlreadyRunning):
        home.check_free()
    assert holder.poll() is None


def test_what_a_killed_process_left_behind_means_nothing(home, holder):
    holder.kill()
    holder.wait()
    assert (home.root / "pid").read_text().strip() == str(holder.pid)
    home.check_free()
    with home.locked():
        pass


def test_a_home_that_never_was_is_free(home):
    home.check_free()
    assert not home.root.exists()


def test_a_folder_that_cannot_be_made_is_said_with_its_name(tmp_path):
    (tmp_path / "file").touch()
    home = Home(tmp_path / "file" / "home")
    with pytest.raises(ConfigurationError, match=str(home.root)), home.locked():
        pass


def test_one_run_leaves_its_logs_to_the_next_and_nothing_else(home):
    with home.locked():
        home.log("api").write_text("first")
        (home.metrics / "left").touch()
    with home.locked():
        assert not home.log("api").exists()
        assert home.log("api").with_suffix(".log.1").read_text() == "first"
        assert not list(home.metrics.iterdir())


def test_passwords_are_made_once_for_the_owner_alone_and_differ(home):
    with home.locked():
        made = home.passwords()
        assert home.passwords() == made
    assert len(set(made.values())) == 4
    assert (home.root / "passwords").stat().st_mode & 0o777 == 0o600


def test_the_private_model_key_is_made_once_and_for_the_owner_alone(home):
    with home.locked():
        home.make_model_keys()
        before = home.model_key.read_bytes()
        home.make_model_keys()
    assert home.model_key.read_bytes() == before
    assert home.model_key.stat().st_mode & 0o777 == 0o600
    assert home.model_public_key.exists()
    assert home.trusted_keys.is_dir()
