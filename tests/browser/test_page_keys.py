"""The key on the page at `/`: asked for, refused, remembered."""

from playwright.sync_api import expect

from tests.browser.verify_page import choose, give_key, headline

UNKNOWN_KEY = "jinwi_" + "0" * 46


def test_the_picture_is_shown_before_there_is_a_key_and_verified_once_there_is_one(page, service, photograph):
    choose(page, photograph)
    headline(page, "Waiting for your API key")
    assert page.locator("#picture").evaluate("picture => picture.decode().then(() => picture.naturalWidth)") == 120
    give_key(page, service.key)
    headline(page, "The model cannot tell")


def test_a_text_that_is_no_key_is_told_from_one(page):
    give_key(page, "open sesame")
    expect(page.get_by_role("alert")).to_contain_text("one begins with jinwi_")


def test_a_key_that_the_service_does_not_know_is_asked_for_again(page, service):
    give_key(page, UNKNOWN_KEY)
    expect(page.get_by_role("alert")).to_contain_text("does not accept this key")
    give_key(page, service.key)
    expect(page.locator("#key")).to_be_hidden()


def test_a_key_revoked_meanwhile_costs_no_submission(page, service, photograph):
    page.evaluate("key => sessionStorage.setItem('jinwi.key', key)", UNKNOWN_KEY)
    page.reload()
    choose(page, photograph)
    expect(page.get_by_role("alert")).to_contain_text("does not accept this key")
    give_key(page, service.key)
    headline(page, "The model cannot tell")


def test_only_a_key_to_be_remembered_outlives_the_tab(context, page, service):
    give_key(page, service.key)
    expect(page.locator("#key")).to_be_hidden()
    second = context.new_page()
    second.goto("/")
    second.get_by_label("Remember on this device").check()
    give_key(second, service.key)
    expect(second.locator("#key")).to_be_hidden()
    third = context.new_page()
    third.goto("/")
    expect(third.locator("#key")).to_be_hidden()
