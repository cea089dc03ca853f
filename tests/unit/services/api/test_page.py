import base64
import hashlib

from services.api.routes.page import content_security_policy


def hash_of(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_the_policy_allows_the_pages_own_script_and_style_and_no_other():
    policy = content_security_policy('<style>\np { margin: 0 }\n</style><p>진위</p><script>\nsay("진위")\n</script>')
    directives = dict(directive.split(" ", 1) for directive in policy.split("; "))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == hash_of('\nsay("진위")\n')
    assert directives["style-src"] == hash_of("\np { margin: 0 }\n")
    assert directives["frame-ancestors"] == "'none'"
    assert "unsafe" not in policy


def test_a_page_without_a_script_allows_none():
    assert "script-src 'none'" in content_security_policy("<p>진위</p>")


def test_the_page_is_served_with_its_policy(ask):
    answer = ask("GET", "/")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Content-Security-Policy"] == content_security_policy(answer.text)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_the_page_has_one_script_and_one_style_and_none_in_attributes(ask):
    page = ask("GET", "/").text
    assert page.count("<script") == page.count("<style") == 1
    assert " style=" not in page.split("<script")[0]
    assert " onclick=" not in page
