"""The page at `/`, used as a person would use it, in a real browser against the running stack."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from PIL import Image, ImageOps
from PIL.PngImagePlugin import PngInfo
from playwright.sync_api import BrowserContext, Page, expect

from jinwi import Client
from tests.integration.test_fingerprints import scene
from tests.models import TILED, brightness, kinds

UNKNOWN_KEY = "jinwi_" + "0" * 46


@pytest.fixture
def context(browser, service) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=service.url, locale="en-GB", reduced_motion="reduce")
    yield context
    context.close()


@pytest.fixture
def page(context) -> Page:
    """The page before it has a key."""
    page = context.new_page()
    page.goto("/")
    return page


@pytest.fixture
def ready(page, service) -> Page:
    """The page with a key that the service accepts."""
    give_key(page, service.key)
    expect(page.locator("#key")).to_be_hidden()
    return page


@pytest.fixture(scope="module")
def drawing_key(service, tmp_path_factory) -> str:
    """The key of a tenant whose pinned model draws maps: what is bright is AI-generated."""
    whole = {**TILED, "views": {lane: [{"short_side": 16, "crops": 9}] for lane in ("bulk", "interactive")}}
    with Client(service.url, service.key) as client:
        client.upload_model(brightness(tmp_path_factory.mktemp("model") / "2.0.0", input=whole))
    return key_of_pinned(service, "drawing", "2.0.0")


@pytest.fixture(scope="module")
def guessing_key(service, tmp_path_factory) -> str:
    """The key of a tenant whose pinned model draws maps, of pictures beyond its range too."""
    small = {"min_side": 1, "max_side": 100, "statement": "Up to 100 px."}
    with Client(service.url, service.key) as client:
        client.upload_model(brightness(tmp_path_factory.mktemp("model") / "2.0.1", "2.0.1", range=small))
    return key_of_pinned(service, "guessing", "2.0.1")


@pytest.fixture(scope="module")
def knowing_key(service, tmp_path_factory) -> str:
    """The key of a tenant whose pinned model tells kinds, and has a poor record with what is bright."""
    domains = kinds(bright=(140, 24), dark=(12, 1))
    with Client(service.url, service.key) as client:
        client.upload_model(brightness(tmp_path_factory.mktemp("knowing") / "2.0.2", "2.0.2", domains=domains))
    return key_of_pinned(service, "knowing", "2.0.2")


@pytest.fixture(scope="module")
def mapless_key(service) -> str:
    """The key of a tenant whose pinned model draws no map."""
    return key_of_pinned(service, "mapless", "0.1.0")


def key_of_pinned(service, name: str, version: str) -> str:
    with httpx.Client(base_url=service.url, headers={"Authorization": f"Bearer {service.key}"}) as admin:
        tenant = admin.post("/v1/tenants", json={"name": name}).json()["id"]
        admin.patch("/v1/policy", params={"tenant_id": tenant}, json={"model": version}).raise_for_status()
        wanted = {"name": "page", "scopes": ["submit", "read"], "tenant_id": tenant}
        return admin.post("/v1/keys", json=wanted).json()["key"]


@pytest.fixture
def half_bright(tmp_path) -> Path:
    """White above black, stored lying on its side."""
    image = Image.new("RGB", (400, 600), "black")
    image.paste("white", (0, 0, 200, 600))
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / "half.jpg"
    image.save(path, exif=exif)
    return path


@pytest.fixture
def photograph(tmp_path) -> Path:
    """Smaller than the shipped model was measured on."""
    path = tmp_path / "photograph.png"
    Image.linear_gradient("L").convert("RGB").resize((120, 90)).save(path)
    return path


def give_key(page: Page, key: str) -> None:
    page.get_by_label("API key", exact=True).fill(key)
    page.get_by_role("button", name="Use this key").click()


def choose(page: Page, *paths: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose an image").click()
    chooser.value.set_files(paths)


def headline(page: Page, text: str | re.Pattern[str]) -> None:
    expect(page.locator("#headline")).to_have_text(text)


def document(page: Page) -> dict[str, Any]:
    """The job document that the page offers to read."""
    return json.loads(page.locator("#json").text_content())


def percent(page: Page, name: str) -> int:
    return int(re.sub(r"\D", "", page.locator(f"#{name}-probability").inner_text()))


def test_a_chosen_photograph_gets_both_probabilities_and_is_held_uncertain_with_the_reason(ready, photograph):
    choose(ready, photograph)
    headline(ready, "The model cannot tell")
    expect(ready.get_by_text("AI generation probability", exact=True)).to_be_visible()
    expect(ready.get_by_text("Human-made probability", exact=True)).to_be_visible()
    assert percent(ready, "ai") + percent(ready, "human") == 100
    result = document(ready)["result"]
    assert abs(percent(ready, "ai") - 100 * result["ai_probability"]) <= 1
    reason = result["reasons"][0]
    assert reason["code"] == "out_of_range"
    expect(ready.locator("#notes")).to_contain_text(reason["detail"])
    expect(ready.get_by_text("Supporting evidence only: a person decides.")).to_be_visible()
    expect(ready.locator("#facts")).to_contain_text("120 × 90 px, PNG")
    expect(ready.locator("#facts")).to_contain_text(result["model"]["version"])


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


def test_the_scale_says_its_thresholds_and_the_score_to_a_screen_reader(ready, photograph):
    choose(ready, photograph)
    scale = ready.get_by_role("img", name="AI generation probability from 0 to 100")
    expect(scale).to_be_visible()
    expect(ready.locator(".zones .here")).to_have_text("uncertain")
    result = document(ready)["result"]
    said = [float(number) for number in re.findall(r"[\d.]*\d", scale.get_attribute("aria-label"))]
    thresholds = result["thresholds"]
    shares = [thresholds["likely_human"], thresholds["likely_ai"], result["ai_probability"]]
    assert said[2:] == pytest.approx([100 * share for share in shares], abs=0.05)


def test_the_picture_is_shown_before_there_is_a_key_and_verified_once_there_is_one(page, service, photograph):
    choose(page, photograph)
    headline(page, "Waiting for your API key")
    assert page.locator("#picture").evaluate("picture => picture.decode().then(() => picture.naturalWidth)") == 120
    give_key(page, service.key)
    headline(page, "The model cannot tell")


def test_the_language_switch_speaks_korean_and_is_remembered(ready, photograph):
    choose(ready, photograph)
    headline(ready, "The model cannot tell")
    ready.get_by_role("button", name="한국어").click()
    headline(ready, "모델이 판단할 수 없습니다")
    expect(ready.get_by_text("AI 생성 확률", exact=True)).to_be_visible()
    expect(ready.get_by_text("인간 제작 확률", exact=True)).to_be_visible()
    expect(ready.locator("#notes")).to_contain_text("크기의 범위를 벗어나는")
    expect(ready.locator(".zones .here")).to_have_text("불확실")
    expect(ready.get_by_text("참고 자료일 뿐이며, 판단은 사람이 합니다.")).to_be_visible()
    ready.reload()
    expect(ready.locator("html")).to_have_attribute("lang", "ko")


def test_a_korean_browser_is_greeted_in_korean(browser, service):
    context = browser.new_context(base_url=service.url, locale="ko-KR")
    page = context.new_page()
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("이 이미지는 AI가 만들었을까요?")
    context.close()


def test_a_cut_off_jpeg_fails_with_the_reason(ready, tmp_path):
    whole, cut = tmp_path / "whole.jpg", tmp_path / "cut.jpg"
    Image.effect_noise((640, 480), 60).save(whole)
    cut.write_bytes(whole.read_bytes()[:20_000])
    choose(ready, cut)
    headline(ready, "This image could not be verified")
    expect(ready.locator("#notes")).to_contain_text("damaged or cut off")
    expect(ready.locator("#score")).to_be_hidden()


def test_a_file_that_is_no_image_is_refused_with_the_formats_that_are_read(ready, tmp_path):
    path = tmp_path / "text.png"
    path.write_text("not a picture")
    choose(ready, path)
    headline(ready, "This is not an image that Jinwi reads")
    expect(ready.locator("#explanation")).to_contain_text("HEIC")


def test_a_link_to_a_private_address_is_refused_with_the_reason(ready):
    ready.get_by_label("Link to an image").fill("http://10.0.0.1/x.png")
    ready.get_by_role("button", name="Verify").click()
    # The service may see it at submission (422) or when it fetches (failed).
    headline(ready, re.compile("was refused|could not be verified"))
    expect(ready.locator("#notes")).to_contain_text("address")


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


def test_a_lost_network_is_explained_and_trying_again_goes_on(context, ready, photograph):
    context.set_offline(True)
    choose(ready, photograph)
    headline(ready, "The service does not answer")
    context.set_offline(False)
    ready.get_by_role("button", name="Try again").click()
    headline(ready, "The model cannot tell")


def test_dropped_files_are_verified_one_after_the_other_and_can_be_revisited(ready, photograph):
    data = list(photograph.read_bytes())
    transfer = ready.evaluate_handle(
        """(data) => {
            const transfer = new DataTransfer();
            for (const name of ["first.png", "second.png"]) transfer.items.add(new File([Uint8Array.from(data)], name));
            return transfer;
        }""",
        data,
    )
    ready.dispatch_event("#drop", "drop", {"dataTransfer": transfer})
    visits = ready.locator("#records button")
    expect(visits).to_have_count(2)
    for visit in visits.all():
        expect(visit).to_contain_text(re.compile(r"AI .*\d %"))
    expect(ready.locator("#caption")).to_have_text("first.png")
    visits.filter(has_text="second.png").click()
    expect(ready.locator("#caption")).to_have_text("second.png")


def test_a_pasted_link_is_submitted(ready):
    ready.evaluate(
        """() => {
            const clipboardData = new DataTransfer();
            clipboardData.setData("text/plain", "http://10.0.0.1/pasted.png");
            document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
        }"""
    )
    expect(ready.locator("#caption")).to_have_text("http://10.0.0.1/pasted.png")
    expect(ready.locator("#notes")).to_contain_text("address")


def test_erasing_asks_first_and_then_leaves_a_tombstone(ready, service, photograph):
    choose(ready, photograph)
    headline(ready, "The model cannot tell")
    job = document(ready)["id"]
    ready.get_by_role("button", name="Erase").click()
    ready.get_by_role("button", name="Keep").click()
    headline(ready, "The model cannot tell")
    ready.get_by_role("button", name="Erase").click()
    ready.get_by_role("dialog").get_by_role("button", name="Erase").click()
    headline(ready, "Erased")
    expect(ready.locator("#picture")).to_be_hidden()
    answer = httpx.get(f"{service.url}/v1/jobs/{job}", headers={"Authorization": f"Bearer {service.key}"})
    assert answer.json()["state"] == "erased"


def test_a_whole_visit_logs_no_error_and_asks_no_other_origin(page, service, photograph):
    errors, origins = [], set()
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: origins.add(urlsplit(request.url)[:2]))
    policy = page.reload().headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    give_key(page, service.key)
    choose(page, photograph)
    headline(page, "The model cannot tell")
    page.get_by_role("button", name="한국어").click()
    page.get_by_role("button", name="지우기").click()
    page.get_by_role("dialog").get_by_role("button", name="지우기").click()
    headline(page, "지웠습니다")
    assert errors == []
    assert {origin for origin in origins if origin[0] not in {"data", "blob"}} == {urlsplit(service.url)[:2]}


def test_a_narrow_phone_needs_no_sideways_scrolling(ready, photograph):
    ready.set_viewport_size({"width": 360, "height": 640})
    choose(ready, photograph)
    headline(ready, "The model cannot tell")
    assert ready.evaluate("document.documentElement.scrollWidth") == 360


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
    headline(ready, "The model cannot tell")
    job = document(ready)["id"]
    headers = {"Authorization": f"Bearer {service.key}"}
    [review] = httpx.get(f"{service.url}/v1/jobs/{job}/reviews", headers=headers).json()["reviews"]
    assert (review["label"], review["reviewer"], review["checklist"]) == ("human", "Kim", {"hands": "odd"})
    ready.get_by_role("button", name="한국어").click()
    expect(ready.locator("#reviewed")).to_contain_text("사람이 판단했습니다")


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


@pytest.mark.parametrize("size", [{"width": 390, "height": 844}, {"width": 1280, "height": 900}], ids=["phone", "desk"])
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
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")

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
