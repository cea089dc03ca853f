"""What the page at `/` says beside the score: of the file, of its likes, of its kind."""

import re

from PIL import Image, ImageOps
from PIL.PngImagePlugin import PngInfo
from playwright.sync_api import expect

from jinwi import Client
from tests.browser.pages import WIDTHS, fits
from tests.browser.verify_page import choose, give_key, headline
from tests.integration.test_fingerprints import scene


def test_what_the_file_says_is_shown_with_its_strength_and_as_text_alone(ready, tmp_path):
    info = PngInfo()
    info.add_text("parameters", "<img src=x onerror=alert(1)>\nSteps: 20, Sampler: Euler, Seed: 7, Model: dream")
    path = tmp_path / "said.png"
    Image.linear_gradient("L").convert("RGB").resize((200, 200)).save(path, pnginfo=info)
    choose(ready, path)
    finding = ready.locator("#findings li")
    expect(finding).to_contain_text("It says that AI generated the picture.")
    expect(finding).to_contain_text("Unsigned: anyone can write this.")
    finding.get_by_text("Details").click()
    expect(finding.get_by_text("<img src=x onerror=alert(1)>")).to_be_visible()
    assert ready.locator("#findings img").count() == 0
    expect(ready.locator("#provenance-note")).to_have_text("None of this moves the number.")

    ready.get_by_role("button", name="한국어").click()
    expect(finding).to_contain_text("서명이 없습니다. 누구나 써넣을 수 있습니다.")


def test_that_a_file_says_nothing_is_said_to_say_nothing(ready, photograph):
    choose(ready, photograph)
    expect(ready.locator("#provenance-note")).to_contain_text("That says nothing")
    expect(ready.locator("#findings")).to_be_hidden()


def test_a_picture_seen_before_in_another_form_is_shown_with_what_a_person_found(ready, service, tmp_path):
    drawn = Image.linear_gradient("L").rotate(30).resize((300, 300))
    drawn.paste(Image.radial_gradient("L").resize((140, 180)), (20, 40))
    drawn.paste(Image.radial_gradient("L").rotate(90).resize((90, 60)), (190, 200))
    first, again = tmp_path / "first.png", tmp_path / "again.jpg"
    drawn.convert("RGB").save(first)
    drawn.convert("RGB").resize((200, 200)).save(again, quality=70)
    with Client(service.url, service.key) as client:
        job = client.verify(first)
        client.review(job, "human", "The painter sent her sketches.", "editor-7")
    choose(ready, again)
    twin = ready.locator("#twins li").first
    expect(twin).to_contain_text("A person found: made by a person.")
    expect(twin).to_contain_text("of 256 bits apart")
    expect(twin).to_contain_text(re.compile(r"[A-Z][a-z]{2} \d{1,2}, \d{4}:"))  # no day that may be a month

    ready.get_by_role("button", name="한국어").click()
    expect(twin).to_contain_text("사람의 검토: 사람이 만듦.")


def test_a_reference_near_by_embedding_alone_is_shown_with_what_that_says(ready, service, tmp_path):
    held, mirrored = tmp_path / "held.png", tmp_path / "mirrored.png"
    held.write_bytes(scene())
    with Image.open(held) as image:
        ImageOps.mirror(image).save(mirrored)
    with Client(service.url, service.key) as client:
        client.verify(held, reference_index="catalogue", external_id="1998/pier.tif")
        try:
            choose(ready, mirrored)
            near = ready.locator("#twins li", has_text="1998/pier.tif")
            expect(near).to_contain_text("Alike by the network's embedding, not by hash")
            expect(ready.locator("#similar-note")).to_contain_text("no proof that a model was trained")
            expect(ready.locator("#similar-note")).to_contain_text("unrelated pictures one to seven lie within 0.12")
            ready.get_by_role("button", name="한국어").click()
            expect(near).to_contain_text("임베딩으로 비슷한 그림")
            expect(ready.locator("#similar-note")).to_contain_text("증거는 아닙니다")
        finally:
            client.remove_reference_index("catalogue")


def test_that_a_picture_was_never_seen_and_has_little_in_it_is_said(ready, tmp_path):
    flat = tmp_path / "flat.png"
    Image.new("RGB", (213, 217), (12, 150, 77)).save(flat)
    choose(ready, flat)
    expect(ready.locator("#similar-note")).to_contain_text("No other job shows this picture.")
    expect(ready.locator("#similar-note")).to_contain_text("too little in this picture")
    expect(ready.locator("#twins")).to_be_hidden()


@WIDTHS
def test_the_kind_and_the_models_record_there_are_said_and_drawn(page, knowing_key, tmp_path, size):
    page.set_viewport_size(size)
    bright, dark = tmp_path / "bright.png", tmp_path / "dark.png"
    for path, level in ((bright, 230), (dark, 40)):
        image = Image.new("L", (400, 300), level)
        image.paste(level - 30, (0, 0, 200, 300))
        image.convert("RGB").save(path)
    give_key(page, knowing_key)
    choose(page, bright)
    headline(page, "The model cannot tell")
    expect(page.locator("#notes")).to_contain_text("more than the 10 % that the policy allows")
    expect(page.locator("#domain-said")).to_contain_text("takes this for an illustration")
    expect(page.locator("#domain-said")).to_contain_text(
        "Of 140 such pictures by people it called 17.1 % AI (95 % interval"
    )
    drawing = page.locator("#domain-record")
    expect(drawing).to_have_attribute("aria-label", re.compile(r"17.1\s%.* The policy allows 10\s%"))
    bar, share, interval, cap = (
        drawing.locator(part).bounding_box() for part in (".bar", ".bar span", ".bar i", ".bar b")
    )
    assert (
        bar["x"]
        < interval["x"]
        < share["x"] + share["width"]
        < interval["x"] + interval["width"]
        < bar["x"] + bar["width"]
    )
    assert cap["x"] < share["x"] + share["width"]
    assert fits(page)

    page.get_by_role("button", name="한국어").click()
    expect(page.locator("#domain-said")).to_contain_text("일러스트로 봅니다")
    expect(page.locator("#notes")).to_contain_text(
        re.compile(r"17.1\s%를 AI로 보인다고 했는데, 정책이 허용하는 10\s%보다 많아")
    )
    page.get_by_role("button", name="English").click()

    choose(page, dark)
    headline(page, "The model cannot tell")
    expect(page.locator("#domain-said")).to_contain_text("measured on too few of them (12)")
    expect(drawing).to_be_hidden()


def test_a_model_without_kinds_says_nothing_of_them(page, drawing_key, half_bright):
    give_key(page, drawing_key)
    choose(page, half_bright)
    expect(page.locator("#domain")).to_be_hidden()
    expect(page.locator("#facts")).to_contain_text("2.0.0")
