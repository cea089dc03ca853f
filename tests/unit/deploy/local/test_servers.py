import socket

import pytest

from deploy.local import servers
from deploy.local.child import StartFailed
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


def test_postgres_is_ready_below_a_folder_of_any_letters(tmp_path, monkeypatch):
    folder = tmp_path / "홍길동 ü"
    folder.mkdir()
    postgres = Postgres(folder, port=1, password="", log=tmp_path / "log")
    monkeypatch.setattr(Postgres, "pid", 7)
    monkeypatch.setattr(Postgres, "running", True)
    for state, ready in (("starting", False), ("ready   ", True)):
        lines = ["7", str(folder), "1790000000", "5432", "", "127.0.0.1", "1 2", state]
        (folder / "postmaster.pid").write_text("\n".join([*lines, ""]), "utf-8")
        assert postgres.ready() is ready


def test_where_no_database_can_be_made_the_cause_is_named_and_not_what_was_tidied_up(tmp_path, monkeypatch):
    initdb = tmp_path / "initdb"
    initdb.write_text(
        "#!/bin/sh\n"
        "echo 'running bootstrap script ... 2026-11-22 12:19:19 UTC [7] FATAL:  cannot write: No space left on device'\n"
        "echo 'initdb: removing data directory'\n"
        "exit 1\n"
    )
    initdb.chmod(0o755)
    monkeypatch.setattr(servers.wheels, "postgres_programs", lambda: tmp_path)
    postgres = Postgres(tmp_path / "postgres", port=1, password="", log=tmp_path / "log")
    with pytest.raises(StartFailed, match="did not start: cannot write: No space left on device"):
        postgres.prepare()


def test_root_without_setpriv_is_told_to_be_somebody_else(tmp_path, monkeypatch):
    monkeypatch.setattr(servers.os, "geteuid", lambda: 0)
    monkeypatch.setattr(servers.shutil, "which", lambda _: None)
    with pytest.raises(ConfigurationError, match="does not run as root"):
        Postgres(tmp_path, port=1, password="", log=tmp_path / "log")
