"""What people add on the page at `/`: reviews and links."""

import httpx
from playwright.sync_api import expect

from tests.browser.verify_page import choose, document, give_key, headline


def test_a_person_reviews_the_result_and_it_stands_so(ready, service, photograph):
    choose(ready, photograph)
    headline(ready, "The model cannot tell")
    expect(ready.locator("#reviewed")).to_contain_text("Nobody who is sure")
    ready.get_by_text("Add your review").click()
    ready.get_by_label("made by a person").check()
    ready.get_by_label("Why you say so").fill("I took it.")
    ready.get_by_label("Your name").fill("Kim")
    ready.get_by_label("Hands").select_option("odd")
    ready.get_by_role("button", name="Save the review").click()
    expect(ready.locator("#reviewed")).to_have_text("People decided: made by a person (human 1, AI 0, unsure 0).")
    headline(ready, "People decided: made by a person")
    expect(ready.locator("#records .small")).to_have_text("People decided: made by a person")
    job = document(ready)["id"]
    headers = {"Authorization": f"Bearer {service.key}"}
    [review] = httpx.get(f"{service.url}/v1/jobs/{job}/reviews", headers=headers).json()["reviews"]
    assert (review["label"], review["reviewer"], review["checklist"]) == ("human", "Kim", {"hands": "odd"})
    ready.get_by_role("button", name="한국어").click()
    expect(ready.locator("#reviewed")).to_contain_text("사람이 판단했습니다")


def test_what_people_decided_is_never_cut_off_in_the_list_of_a_visit(ready, photograph):
    ready.set_viewport_size({"width": 1100, "height": 900})
    for _ in range(2):
        choose(ready, photograph)
        headline(ready, "The model cannot tell")
    ready.get_by_text("Add your review").click()
    ready.get_by_role("radio", name="made by a person").check()
    ready.get_by_label("Why you say so").fill("I took it.")
    ready.get_by_label("Your name").fill("Kim")
    ready.get_by_role("button", name="Save the review").click()
    line = ready.locator("#records .small").first
    expect(line).to_have_text("People decided: made by a person")
    assert line.evaluate("(line) => 0 < line.scrollWidth && line.scrollWidth <= line.clientWidth")


def test_a_link_to_the_result_is_made_and_opens_without_a_key(ready, context, photograph):
    choose(ready, photograph)
    headline(ready, "The model cannot tell")
    ready.get_by_role("button", name="Make a link").click()
    link = ready.locator("#shared a")
    expect(link).to_be_visible()
    visitor = context.new_page()
    visitor.goto(link.get_attribute("href"))
    expect(visitor.get_by_role("heading", level=1)).to_have_text("The model cannot tell")


def test_a_key_that_may_not_review_is_told_so(page, mapless_key, photograph):
    give_key(page, mapless_key)
    choose(page, photograph)
    headline(page, "The model cannot tell")
    page.get_by_text("Add your review").click()
    page.get_by_label("AI-generated", exact=True).check()
    page.get_by_label("Why you say so").fill("It is smooth.")
    page.get_by_label("Your name").fill("Kim")
    page.get_by_role("button", name="Save the review").click()
    expect(page.locator("#people-problem")).to_contain_text("not allowed to do that")
    headline(page, "The model cannot tell")
