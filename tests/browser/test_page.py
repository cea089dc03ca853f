"""The page at `/`, used as a person would use it, in a real browser against the running stack."""

import re
from urllib.parse import urlsplit

import httpx
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.pages import fits
from tests.browser.verify_page import choose, document, give_key, headline, percent


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


def test_a_file_without_a_byte_is_called_empty(ready, tmp_path):
    path = tmp_path / "broken-off.jpg"
    path.touch()
    choose(ready, path)
    headline(ready, "The file is empty")


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
    assert fits(ready)
    ready.get_by_text("JSON", exact=True).click()
    expect(ready.locator("#json")).to_be_visible()
    assert fits(ready)
