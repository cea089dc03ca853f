"""Links and callbacks where every address answers and nothing but loopback can be reached: see `tests.island`."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def island(program, tmp_path_factory):
    """What the client reached there, as `python -m tests.island` says it."""
    program("ip")
    unshare = [program("unshare"), "--net", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    if subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("this system lets no process of ours make a network namespace")
    command = [*unshare, sys.executable, "-m", "tests.island", tmp_path_factory.mktemp("island")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=150)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_public_addresses_are_reached_by_name(island):
    assert island["public"] == ["93.184.215.14", "2606:4700:4700::1111"]


def test_no_spelling_no_name_and_no_redirect_leads_to_a_bad_address(island):
    assert island["disguises"] >= 60
    assert island["through"] == {"spelling": [], "name": [], "redirect": []}
    assert island["refused"] > 1_400


def test_a_name_that_is_rebound_is_reached_at_its_public_address_or_not_at_all(island):
    """One lookup each, every other one public: the rest is refused, and none is led home."""
    assert island["rebinding"] == {"tried": 200, "lookups": 200, "public": 100, "home": 0}


def test_a_client_without_a_guard_is_led_astray_in_the_same_place(island):
    assert island["careless"]["spelling"] > 60
    assert island["careless"]["rebinding"] == 10
