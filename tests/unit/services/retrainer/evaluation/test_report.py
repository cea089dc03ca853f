import json
import re
from html.parser import HTMLParser

import pytest

from services.retrainer.evaluation import report
from services.retrainer.evaluation.judgement import judge
from services.retrainer.pages.section import Section
from shared.domain.verdict import Thresholds
from tests.unit.services.retrainer.evaluation.made import calibrated, predictions
from tests.unit.services.retrainer.evaluation.test_judgement import null

VOID = {"meta", "link", "br", "img", "input"}


class Outline(HTMLParser):
    """Raises where a tag is closed that is not open; collects ids and what is asked of a network."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.asked = [], [], []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value)
            if name in {"src", "href", "xlink:href"} and not value.startswith(("#", "data:")):
                self.asked.append(value)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def judged(made=None, view="matched"):
    made = made or calibrated(600)
    return judge(made, Thresholds(), {"shape": null(made, 1.0), "noise": null(made, 1.0)}, view=view, draws=50)


@pytest.fixture(scope="module")
def judgements():
    return [judged(), judged(view="raw")]


def outline(page):
    parsed = Outline()
    parsed.feed(page)
    return parsed


def test_the_page_is_whole_asks_nothing_of_a_network_and_has_each_id_once(judgements):
    parsed = outline(report.page("A detector", "a set", judgements))
    assert parsed.open == []
    assert parsed.asked == []
    assert sorted(set(parsed.ids)) == sorted(parsed.ids)


def test_the_page_has_figures_of_both_views_plots_and_the_warning(judgements):
    page = report.page("A detector", "a set", judgements)
    assert page.count("<svg ") >= 8
    assert f"{judgements[0].figures['roc_auc'].value:.3f}" in page
    assert "matched view" in page
    assert "raw view" in page
    assert "In the matched view, made numbers" in page


def test_plots_take_the_colour_of_the_page(judgements):
    page = report.page("A detector", "a set", judgements)
    assert "currentColor" in page
    assert "#010203" not in page


def test_names_of_others_cannot_write_markup():
    made = calibrated(600)
    hostile = "<script>alert(1)</script>"
    made = predictions(made.logits, made.labels, owners=made.owners, kinds=[hostile] * 600, generators=[hostile] * 600)
    page = report.page(hostile, hostile, [judged(made)], [Section(title=hostile, html="", data={})])
    assert "<script" not in page


def test_sections_of_others_follow_with_their_data_and_files(judgements, tmp_path):
    section = Section(title="Robustness", html="<p>flips</p>", data={"worst": "blur"}, files={"files.csv": b"a,b\n"})
    page = report.write(tmp_path / "new", "A detector", "a set", judgements, [section])
    assert '<section id="robustness"><h2>Robustness</h2>\n<p>flips</p>' in page.read_text(encoding="utf-8")
    assert (tmp_path / "new" / "files.csv").read_bytes() == b"a,b\n"
    document = json.loads((tmp_path / "new" / "report.json").read_text(encoding="utf-8"))
    assert document["sections"]["Robustness"] == {"worst": "blur"}
    assert list(document["views"]) == ["matched", "raw"]


@pytest.mark.parametrize("label", [0, 1])
def test_a_set_of_one_class_has_a_page_too(label):
    made = calibrated(400)
    page = report.page("A detector", "a set", [judged(made.where(made.labels == label))])
    assert outline(page).open == []
    assert "nan" not in re.sub(r"<svg.*?</svg>", "", page, flags=re.DOTALL)


def test_one_owner_has_no_interval_on_the_page():
    made = calibrated(400)
    page = report.page("A detector", "a set", [judged(predictions(made.logits, made.labels, owners=["one"] * 400))])
    assert "one owner: no interval" in page
    assert "nan" not in re.sub(r"<svg.*?</svg>", "", page, flags=re.DOTALL)
