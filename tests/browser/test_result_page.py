"""The page of a result and its appeals, as whoever has the link uses it, on a phone and on a desk, in both languages."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from playwright.sync_api import expect

from jinwi import Client
from tests.browser.pages import A4_HEIGHT_PT, A4_WIDTH_PT, DESK, LANGUAGES, PHONE, WIDTHS, fits, pages_of
from tests.models import TILED, brightness, kinds


@pytest.fixture(scope="module")
def client(service) -> Iterator[Client]:
    with Client(service.url, service.key) as client:
        yield client


@pytest.fixture(scope="module")
def said(tmp_path_factory) -> Path:
    """A picture of a gradient whose file says much of itself, and none of it kindly."""
    info = PngInfo()
    prompt = "<script>alert(1)</script> " + "wide" * 300 + "\n" + "한국어 " * 50
    info.add_text("parameters", f"{prompt}\nSteps: 20, Sampler: Euler, Seed: 7, Model: {'m' * 90}")
    info.add_text("prompt", '{"1": {"class_type": "KSampler", "inputs": {"seed": 7}}}')
    path = tmp_path_factory.mktemp("pictures") / "said.png"
    Image.radial_gradient("L").convert("RGB").resize((900, 640)).save(path, pnginfo=info)
    return path


@contextmanager
def pinning(service, client, directory, name) -> Iterator[Client]:
    """A client of a tenant of this name, whose pinned model is the one in `directory`."""
    client.upload_model(directory)
    with httpx.Client(base_url=service.url, headers={"Authorization": f"Bearer {service.key}"}) as admin:
        tenant = admin.post("/v1/tenants", json={"name": name}).json()["id"]
        pin = {"model": directory.name}
        admin.patch("/v1/policy", params={"tenant_id": tenant}, json=pin).raise_for_status()
        wanted = {"name": name, "scopes": ["submit", "read", "review"], "tenant_id": tenant}
        key = admin.post("/v1/keys", json=wanted).json()["key"]
    with Client(service.url, key) as made:
        yield made


@pytest.fixture(scope="module")
def drawing(service, client, tmp_path_factory) -> Iterator[Client]:
    """A client of a tenant whose pinned model draws maps."""
    whole = {**TILED, "views": {lane: [{"short_side": 16, "crops": 9}] for lane in ("bulk", "interactive")}}
    directory = brightness(tmp_path_factory.mktemp("model") / "2.1.0", "2.1.0", input=whole)
    with pinning(service, client, directory, "results") as made:
        yield made


@pytest.fixture(scope="module")
def knowing(service, client, tmp_path_factory) -> Iterator[Client]:
    """A client of a tenant whose pinned model tells kinds, and has a poor record with what is bright."""
    poor = kinds(bright=(140, 24), dark=(140, 5))
    directory = brightness(tmp_path_factory.mktemp("model") / "2.2.0", "2.2.0", domains=poor)
    with pinning(service, client, directory, "kinds") as made:
        yield made


def stripes(folder: Path, level: int) -> Path:
    """A picture of about this grey level, with something on it."""
    image = Image.new("L", (400, 300), level)
    image.paste(level - 30, (0, 0, 200, 300))
    path = folder / f"{level}.png"
    image.convert("RGB").save(path)
    return path


@pytest.fixture
def job(client, said):
    return client.verify(said, idempotency_key=f"result-{uuid4()}")


@pytest.fixture
def path(client, job) -> str:
    return client.links.create(job).path


@WIDTHS
@LANGUAGES
def test_it_needs_no_sideways_scrolling_and_speaks_the_browsers_language(visit, path, size, locale):
    page = visit(path, size, locale)
    expect(page.locator("html")).to_have_attribute("lang", locale[:2])
    expect(
        page.get_by_role("img", name="확인한 이미지" if locale == "ko-KR" else "The picture that was")
    ).to_be_visible()
    assert page.locator(".picture").evaluate("picture => picture.decode().then(() => picture.naturalWidth)") == 900
    for summary in page.locator("summary").all():
        summary.click()
    assert fits(page)
    page.get_by_role("link", name="English" if locale == "ko-KR" else "한국어").click()
    expect(page.locator("html")).to_have_attribute("lang", "en" if locale == "ko-KR" else "ko")
    assert fits(page)


@WIDTHS
@LANGUAGES
def test_an_appeal_is_sent_and_its_answer_read_on_the_same_page(visit, client, path, job, size, locale):
    korean = locale == "ko-KR"
    page = visit(path, size, locale)
    page.get_by_label("하실 말씀" if korean else "Your message").fill("I drew this.\n그렸습니다.")
    page.get_by_label("파일" if korean else "Files").set_input_files(
        [{"name": "sketch.psd", "mimeType": "image/vnd.adobe.photoshop", "buffer": b"8BPS" * 100}]
    )
    page.get_by_role("button", name="이의 제기 보내기" if korean else "Send the appeal").click()
    expect(page.get_by_role("status")).to_contain_text("접수되었습니다" if korean else "has arrived")
    assert fits(page)
    [appeal] = client.appeals.list(job_id=job.id)
    assert (appeal.message, appeal.files[0].name) == ("I drew this.\n그렸습니다.", "sketch.psd")
    assert client.appeals.file(appeal, 1) == b"8BPS" * 100
    label = "human" if appeal.verdict == "uncertain" else None
    client.appeals.decide(appeal, "overturned", reason="The layers show it.", reviewer="Kim", label=label)
    page.reload()
    expect(page.locator(".appeals")).to_contain_text("The layers show it.")
    expect(page.locator(".appeals")).to_contain_text("뒤집었습니다" if korean else "overturned")
    assert fits(page)


def test_everything_is_reached_by_the_keyboard_in_its_order(visit, drawing, said):
    path = drawing.links.create(drawing.verify(said)).path
    page = visit(path, PHONE)
    reached = []
    for _ in range(20):
        page.keyboard.press("Tab")
        element = page.evaluate("(({tagName, id, name}) => [tagName, id || name || ''])(document.activeElement)")
        if element[0] == "BODY":
            break
        if not reached or reached[-1] != element:
            reached.append(element)
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", element
    tags = [tag for tag, _ in reached]
    assert tags[:2] == ["A", "INPUT"]
    assert [name for _, name in reached if name] == ["map-on", "message", "contact", "files"]
    assert tags[-2:] == ["BUTTON", "A"]
    page.focus("#message")
    page.keyboard.type("By keyboard alone.")
    page.focus("form button")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_be_visible()


def test_the_map_lies_over_the_picture_until_it_is_switched_off(visit, drawing, said):
    page = visit(drawing.links.create(drawing.verify(said)).path)
    drawn = page.get_by_role("img", name="Map of what the score rests on")
    shown = page.get_by_label("Show what the score rests on")
    shown.set_checked(True)
    expect(drawn).to_be_visible()
    assert drawn.bounding_box() == pytest.approx(page.locator(".picture").bounding_box(), abs=0.5)
    shown.set_checked(False)
    expect(drawn).to_be_hidden()


def test_a_message_that_is_missing_is_asked_for_before_it_is_sent(visit, client, path, job):
    page = visit(path)
    page.get_by_role("button", name="Send the appeal").click()
    assert page.evaluate("document.activeElement.id") == "message"
    assert list(client.appeals.list(job_id=job.id)) == []


@LANGUAGES
def test_it_prints_on_one_sheet_whatever_is_said_on_it(visit, client, path, job, locale, tmp_path):
    """At its fullest: a file that says much, disputed reviews, five appeals decided with long reasons."""
    page = visit(path, DESK, locale)
    for number in range(5):
        httpx.post(f"{page.url.partition('?')[0]}/appeals", data={"message": "m"}, files={"files": ("", b"")})
        [appeal, *_] = client.appeals.list(job_id=job.id)
        client.appeals.decide(appeal, "upheld", reason="Looked at it for long. " * 80, reviewer=f"R{number}")
    client.review(job, "human", "It is drawn.", "Kim")
    client.review(job, "ai", "It is not.", "Lee")
    page.reload()
    pdf = page.pdf(format="A4", print_background=True, path=tmp_path / f"{locale}.pdf", prefer_css_page_size=True)
    assert pages_of(pdf) == 1
    box = [float(number) for number in re.search(rb"/MediaBox\s*\[([\d. ]+)\]", pdf)[1].split()]
    assert box[2:] == pytest.approx([A4_WIDTH_PT, A4_HEIGHT_PT], abs=1)
    page.emulate_media(media="print")
    expect(page.locator("form")).to_be_hidden()
    sheet = page.locator("main").inner_text()
    for said in (job.document["image"]["sha256"], page.url.partition("?")[0], job.result.model_version):
        assert said in sheet
    assert ("사람이 이미지를 보지 않은" if locale == "ko-KR" else "computed by software") in sheet


@WIDTHS
@LANGUAGES
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_says_the_kind_and_draws_the_models_record_there(visit, knowing, size, locale, scheme, tmp_path):
    korean = locale == "ko-KR"
    page = visit(knowing.links.create(knowing.verify(stripes(tmp_path, 230))).path, size, locale)
    page.emulate_media(color_scheme=scheme)
    expect(page.locator("h1")).to_have_text("모델이 판단할 수 없습니다" if korean else "The model cannot tell")
    expect(page.locator(".notes li").first).to_contain_text(
        "17.1\u00a0%를 AI로 보인다고 했는데" if korean else "it called 17.1"
    )
    record = page.locator("section.record")
    expect(record).to_contain_text("일러스트로 봅니다" if korean else "takes this for an illustration")
    expect(record).to_contain_text("140점 가운데 17.1" if korean else "Of 140 such pictures by people it called 17.1")
    expect(record).to_contain_text("틀릴 수 있습니다" if korean else "can be wrong")
    drawing = record.get_by_role("img")
    expect(drawing).to_be_visible()
    box, around = drawing.bounding_box(), record.bounding_box()
    assert around["x"] <= box["x"] < box["x"] + box["width"] <= around["x"] + around["width"]
    assert box["height"] > 30
    drawn = {name: record.locator(path).bounding_box() for name, path in DRAWN.items()}
    assert drawn["interval"]["x"] < drawn["share"]["x"] + drawn["share"]["width"]
    assert drawn["share"]["x"] + drawn["share"]["width"] < drawn["interval"]["x"] + drawn["interval"]["width"]
    assert drawn["cap"]["x"] < drawn["share"]["x"] + drawn["share"]["width"], "the share is over what is allowed"
    assert record.locator("rect.share").evaluate("bar => getComputedStyle(bar).fill") != record.locator(
        "rect.track"
    ).evaluate("track => getComputedStyle(track).fill")
    assert fits(page)
    pdf = page.pdf(format="A4", print_background=True, prefer_css_page_size=True)
    assert pages_of(pdf) == 1
    page.emulate_media(media="print")
    expect(drawing).to_be_visible()


DRAWN = {"share": "rect.share", "interval": "path.interval", "cap": "path.cap"}
