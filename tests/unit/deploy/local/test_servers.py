import socket

import pytest

from deploy.local import servers
from deploy.local.servers import PORTS, Postgres, free_ports, is_free
from shared.errors import ConfigurationError


def test_a_port_is_free_until_somebody_listens():
    [port] = free_ports(1)
    assert is_free("127.0.0.1", port)
    with socket.create_server(("127.0.0.1", port)):
        assert not is_free("127.0.0.1", port)


def test_free_ports_differ_and_are_none_that_outgoing_connections_take():
    ports = free_ports(20)
    assert len(set(ports)) == 20
    assert all(port in PORTS for port in ports)


def test_an_address_that_is_not_ours_is_an_error():
    with pytest.raises(OSError):
        is_free("192.0.2.1", 8000)


def test_data_of_another_postgres_are_refused_with_both_versions(tmp_path):
    folder = tmp_path / "postgres"
    folder.mkdir()
    (folder / "PG_VERSION").write_text("16\n")
    postgres = Postgres(folder, port=1, password="", log=tmp_path / "log")
    with pytest.raises(ConfigurationError, match=r"PostgreSQL 16, and this is PostgreSQL 18"):
        postgres.prepare()


def test_root_without_setpriv_is_told_to_be_somebody_else(tmp_path, monkeypatch):
    monkeypatch.setattr(servers.os, "geteuid", lambda: 0)
    monkeypatch.setattr(servers.shutil, "which", lambda _: None)
    with pytest.raises(ConfigurationError, match="does not run as root"):
        Postgres(tmp_path, port=1, password="", log=tmp_path / "log")
