"""The page of a result at its edges: signed and tampered files, refused appeals, closed links, paper."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import expect

from jinwi import Client
from services.api.pages.languages import LANGUAGES as TEXTS
from tests.browser.pages import LANGUAGES, PHONE, WIDTHS, fits, pages_of
from tests.provenance.printouts import files

# A label that is pressed presses what it is for.
SMALLER_SIDE = """
    (control) => Math.max(...[control, ...(control.labels ?? [])]
        .map((element) => element.getBoundingClientRect())
        .map(({ width, height }) => Math.min(width, height)))
"""

NARROWEST = {"width": 320, "height": 640}
"""What a page of 1,280 px has left at 400 % (WCAG 2.2, 1.4.10)."""


@pytest.fixture(scope="module")
def client(service) -> Iterator[Client]:
    with Client(service.url, service.key) as client:
        yield client


@pytest.fixture(scope="module")
def jobs(client, tmp_path_factory) -> dict:
    """A job for each file of the printouts, by the file's name; none but this module's look at them."""
    folder = tmp_path_factory.mktemp("files")
    made = {}
    for name, data in files().items():
        (folder / name).write_bytes(data)
        made[name] = client.verify(folder / name, idempotency_key=f"sheet-{name}")
    return made


@WIDTHS
@LANGUAGES
def test_a_signed_and_a_tampered_file_are_told_apart(visit, client, jobs, size, locale):
    said = TEXTS[locale[:2]].finding
    whole, broken = said.strengths["signed_trusted"], said.facts["unsigned:broken"]
    for name, told, untold in (("signed.jpg", whole, broken), ("tampered.jpg", broken, whole)):
        page = visit(client.links.create(jobs[name]).path, size, locale)
        expect(page.locator(".findings")).to_contain_text(told)
        expect(page.locator(".findings")).not_to_contain_text(untold)
        expect(page.locator(".findings")).to_contain_text(said.claims["ai"])
        assert fits(page)


@LANGUAGES
def test_it_needs_no_sideways_scrolling_at_four_times_the_size(visit, client, jobs, locale):
    for job in jobs.values():
        page = visit(client.links.create(job).path, NARROWEST, locale)
        for summary in page.locator("summary").all():
            summary.click()
        assert fits(page)


@WIDTHS
@LANGUAGES
@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_each_file_prints_on_one_sheet_from_a_phone_and_from_a_desk(visit, client, jobs, size, locale, paper):
    for name in ("a1111.png", "tampered.jpg"):
        page = visit(client.links.create(jobs[name]).path, size, locale)
        assert pages_of(page.pdf(format=paper, print_background=True)) == 1


@WIDTHS
@LANGUAGES
def test_an_appeal_that_is_refused_says_why_and_keeps_what_was_written(visit, client, jobs, size, locale):
    page = visit(client.links.create(jobs["photograph.jpg"]).path, size, locale, may_fail=True)
    page.locator("#message").fill("Mine.\n제가 찍었습니다.")
    page.locator("#files").set_input_files([{"name": "raw.nef", "mimeType": "image/x-nikon-nef", "buffer": b""}])
    page.locator("form button").click()
    expect(page.get_by_role("alert")).to_contain_text(TEXTS[locale[:2]].problems["empty_file"])
    expect(page.locator("#message")).to_have_value("Mine.\n제가 찍었습니다.")
    assert fits(page)
    assert list(client.appeals.list(job_id=jobs["photograph.jpg"].id)) == []


@WIDTHS
@LANGUAGES
def test_a_closed_link_says_so_in_the_readers_language(visit, service, client, jobs, size, locale):
    link = client.links.create(jobs["a1111.png"])
    client.links.revoke(jobs["a1111.png"], link)
    assert httpx.get(service.url + link.path).status_code == 410
    # The browser calls the answer 410 an error of the page; its words are what this is about.
    page = visit(link.path, size, locale, may_fail=True)
    expect(page.locator("html")).to_have_attribute("lang", locale[:2])
    assert fits(page)
    assert "a1111" not in page.content()


def test_what_a_phone_is_touched_at_is_large_enough(visit, client, jobs):
    """At least 24 × 24 px (WCAG 2.2, 2.5.8), but for links within a line."""
    page = visit(client.links.create(jobs["signed.jpg"]).path, PHONE)
    for control in page.locator("button, input:not([type=hidden]), textarea, summary").all():
        if control.is_visible():
            assert control.evaluate(SMALLER_SIDE) >= 24, control.evaluate("element => element.outerHTML")
