"""The map on the page at `/`: drawn over the picture, held back, taken away."""

from playwright.sync_api import expect

from tests.browser.verify_page import choose, document, give_key, headline


def test_a_map_lies_over_the_picture_until_it_is_switched_off(page, drawing_key, half_bright):
    errors = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    give_key(page, drawing_key)
    choose(page, half_bright)
    drawn = page.get_by_role("img", name="Map of what the score rests on")
    expect(drawn).to_be_visible()
    assert page.locator("#picture").bounding_box() == drawn.bounding_box()
    alpha = """async (map) => {
        await map.decode();
        const canvas = document.createElement("canvas");
        [canvas.width, canvas.height] = [map.naturalWidth, map.naturalHeight];
        const context = canvas.getContext("2d");
        context.drawImage(map, 0, 0);
        return [0.1, 0.9].map((y) => context.getImageData(canvas.width / 2, canvas.height * y, 1, 1).data[3]);
    }"""
    above, below = drawn.evaluate(alpha)
    assert above > 180
    assert below == 0
    page.get_by_label("Show what the score rests on").uncheck()
    expect(drawn).to_be_hidden()
    expect(page.locator("#picture")).to_be_visible()
    page.get_by_label("Show what the score rests on").check()
    expect(drawn).to_be_visible()
    page.get_by_role("button", name="한국어").click()
    expect(page.get_by_label("점수의 근거가 된 부분 보기")).to_be_checked()
    assert errors == []


def test_the_map_of_a_result_held_back_is_shown_only_on_request(page, guessing_key, half_bright):
    give_key(page, guessing_key)
    choose(page, half_bright)
    shown = page.get_by_label("Show what the score rests on")
    expect(shown).to_be_visible()
    expect(shown).not_to_be_checked()
    drawn = page.get_by_role("img", name="Map of what the score rests on")
    expect(drawn).to_be_hidden()
    assert document(page)["result"]["reasons"]
    shown.check()
    expect(drawn).to_be_visible()


def test_a_picture_lies_on_white_as_it_was_scored(page, drawing_key, half_bright):
    page.emulate_media(color_scheme="dark")
    give_key(page, drawing_key)
    choose(page, half_bright)
    expect(page.locator("#picture")).to_have_css("background-color", "rgb(255, 255, 255)")


def test_an_erased_picture_takes_its_map_along(page, drawing_key, half_bright):
    give_key(page, drawing_key)
    choose(page, half_bright)
    expect(page.locator("#map")).to_be_visible()
    page.get_by_role("button", name="Erase").click()
    page.get_by_role("dialog").get_by_role("button", name="Erase").click()
    headline(page, "Erased")
    expect(page.locator("#map")).to_be_hidden()
    expect(page.locator("#map-controls")).to_be_hidden()


def test_a_model_that_draws_no_map_offers_none(page, mapless_key, photograph):
    give_key(page, mapless_key)
    choose(page, photograph)
    headline(page, "The model cannot tell")
    expect(page.locator("#map-controls")).to_be_hidden()
    expect(page.locator("#map")).to_be_hidden()
