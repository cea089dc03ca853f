import ipaddress

import pytest

from shared import config
from shared.errors import ConfigurationError


def test_networks_are_read_from_a_list_with_commas(monkeypatch):
    monkeypatch.setenv("JINWI_ALLOWED_NETWORKS", "127.0.0.0/8, fd00::/8")
    assert config.load().allowed_networks == (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("fd00::/8"))


def test_an_empty_variable_is_as_if_it_were_not_set(monkeypatch):
    for field in config.Settings.model_fields:
        monkeypatch.delenv(config.variable(field), raising=False)
    defaults = config.load()
    for field in config.Settings.model_fields:
        monkeypatch.setenv(config.variable(field), "")
    assert config.load() == defaults


def test_no_network_is_allowed_by_default():
    assert config.Settings().allowed_networks == ()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("JINWI_PORT", "eighty"),
        ("JINWI_PORT", "70000"),
        ("JINWI_ALLOWED_NETWORKS", "10.0.0.0/99"),
        ("JINWI_LOG_LEVEL", "x"),
    ],
)
def test_a_wrong_value_names_its_variable(monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigurationError, match=variable):
        config.load()


@pytest.mark.parametrize("variable", ["JINWI_FETCH_SECONDS", "JINWI_DRAIN_SECONDS"])
def test_a_lease_that_work_would_outlive_is_refused(monkeypatch, variable):
    monkeypatch.setenv(variable, "80")
    with pytest.raises(ConfigurationError, match=f"JINWI_LEASE_SECONDS must be above .*{variable}"):
        config.load()


def test_a_variable_that_nothing_reads_is_found():
    environment = {"JINWI_PROT": "8001", "JINWI_PORT": "8001", "JINWI_API_KEY": "…", "PATH": "/bin"}
    assert config.unknown_variables(environment) == ["JINWI_PROT"]


def test_a_secret_file_stands_in_for_its_variable(monkeypatch, tmp_path):
    (tmp_path / "jinwi_postgres_password").write_text("geheim\n")
    monkeypatch.setattr(config, "SECRETS_DIRECTORY", tmp_path)
    settings = config.load()
    assert settings.postgres_password.get_secret_value() == "geheim"
    assert "geheim" not in repr(settings)
