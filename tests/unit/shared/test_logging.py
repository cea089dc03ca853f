import json
import logging

import pytest
import structlog

from shared.config import Settings
from shared.logging import setup

SECRET = "jinwi_a_key_that_nobody_may_read"


@pytest.fixture(autouse=True)
def logging_as_before():
    root = logging.getLogger()
    handlers, level, configuration = root.handlers[:], root.level, structlog.get_config()
    yield
    root.handlers, root.level = handlers, level
    structlog.configure(**configuration)


def fail() -> None:
    key = SECRET
    if key:
        raise ValueError("something went wrong")


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_logged_exception_tells_no_local_variables(form, capsys):
    setup("test", Settings(log_format=form))
    try:
        fail()
    except ValueError:
        structlog.get_logger("test").exception("failed")
    said = capsys.readouterr().err
    assert "something went wrong" in said
    assert SECRET not in said


def test_a_line_names_event_service_and_time(capsys):
    setup("test", Settings())
    structlog.get_logger("test").info("job_ended", job_id="1")
    line = json.loads(capsys.readouterr().err)
    assert {"event": "job_ended", "service": "test", "job_id": "1", "level": "info"}.items() <= line.items()
    assert "timestamp" in line


def test_an_unknown_variable_is_said(capsys, monkeypatch):
    monkeypatch.setenv("JINWI_PROT", "1")
    setup("test", Settings())
    assert json.loads(capsys.readouterr().err)["variable"] == "JINWI_PROT"
