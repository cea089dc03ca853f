"""What every answer forbids, whatever it answers."""

import pytest

from services.api.middleware import SECURITY_HEADERS

ANSWERS = ["/health/live", "/openapi.json", "/v1/jobs", "/nowhere", "/"]


@pytest.mark.parametrize("path", ANSWERS)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
    ],
)
def test_each_answer_carries_it(ask, path, name, value):
    assert ask("GET", path).headers[name] == value


@pytest.mark.parametrize("path", ANSWERS)
def test_no_answer_may_be_framed_or_use_a_device(ask, path):
    headers = ask("GET", path).headers
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    for feature in ("camera", "geolocation", "microphone"):
        assert f"{feature}=()" in headers["Permissions-Policy"]


@pytest.mark.parametrize("path", [path for path in ANSWERS if path != "/"])
def test_what_is_data_runs_nothing_and_is_kept_by_nobody(ask, path):
    headers = ask("GET", path).headers
    assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["Cache-Control"] == "no-store"


def test_the_page_may_run_its_own_script_and_nothing_else(ask):
    headers = ask("GET", "/").headers
    assert "script-src 'sha256-" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-cache"


def test_each_is_sent_once(ask):
    names = [name.lower() for name, _ in ask("GET", "/").headers.multi_items()]
    assert {name: names.count(name.lower()) for name in SECURITY_HEADERS} == dict.fromkeys(SECURITY_HEADERS, 1)
