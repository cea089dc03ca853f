import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from services.api.routes.page import content_security_policy, whole

WEB = Path(__file__).parents[4] / "services/api/web"
DECLARED = re.compile(r"^(?:async )?(?:class|const|function|let) ([$\w]+)", re.MULTILINE)


class Outline(HTMLParser):
    """What a browser finds in a page: its inline scripts and styles, and what its tags have it load."""

    def __init__(self, page: str):
        super().__init__()
        self.inline = {"script": [], "style": []}
        self.loads = []
        self.inside = None
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.inside = self.inline.get(tag)
        if self.inside is not None:
            self.inside.append("")
        self.loads += [value for name, value in attrs if name in {"src", "href"} and not value.startswith("data:")]

    def handle_endtag(self, tag):
        self.inside = None

    def handle_data(self, data):
        if self.inside is not None:
            self.inside[-1] += data


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


def test_each_part_stands_in_the_page_once_where_it_is_named_and_nothing_is_left_to_load(ask):
    named = re.findall(r'(?:src|href)="([^":]+)"', (WEB / "index.html").read_text())
    assert sorted(named) == sorted(path.name for path in WEB.iterdir() if path.suffix == ".js" or path.stem == "page")
    page = Outline(ask("GET", "/").text)
    assert page.inline["style"] + page.inline["script"] == ["\n" + (WEB / name).read_text() for name in named]
    assert page.loads == []


def test_the_policy_has_one_hash_for_each_part(ask):
    answer = ask("GET", "/")
    directives = dict(directive.split(" ", 1) for directive in answer.headers["Content-Security-Policy"].split("; "))
    for kind, texts in Outline(answer.text).inline.items():
        assert directives[f"{kind}-src"].split() == [hash_of(text) for text in texts]


def test_no_two_parts_declare_the_same_name_and_what_changes_is_assigned_in_one_alone():
    parts = {path.name: path.read_text() for path in WEB.glob("*.js")}
    declared = [name for text in parts.values() for name in DECLARED.findall(text)]
    assert len(declared) == len(set(declared)) > 80
    for state in re.findall(r"^let (\w+)", "\n".join(parts.values()), re.MULTILINE):
        assigned = re.compile(rf"(?<![.\w]){state} =[^=>]")
        assert len([name for name, text in parts.items() if assigned.search(text)]) == 1, state


@pytest.mark.parametrize("tag", ['<script src="absent.js"></script>', '<link rel="stylesheet" href="absent.css">'])
def test_a_part_that_is_missing_is_named(tag):
    with pytest.raises(FileNotFoundError, match="absent"):
        whole(tag)


def test_the_page_has_no_script_or_style_in_attributes(ask):
    page = ask("GET", "/").text
    assert " style=" not in page.split("<script")[0]
    assert " onclick=" not in page
