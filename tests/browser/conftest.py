"""A real browser for the pages, and keys of tenants for whom it is used.

One browser a module, because as long as it runs its thread has an event loop.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from jinwi import Client
from tests.browser.pages import DESK
from tests.browser.verify_page import give_key
from tests.models import TILED, brightness, kinds

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PATIENCE_MS = 30_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    executable = shutil.which("chromium")
    if executable is None:
        absent = "chromium is not installed"
        pytest.fail(absent) if os.environ.get("CI") == "true" else pytest.skip(absent)
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Browser, service) -> Iterator:
    """Opens a path as a browser of this size and language; whatever it complains of fails the test.

    `may_fail`: but for the console, where a browser notes that the page is an error.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []
    origins = set()

    def open_page(path: str, size=DESK, locale: str = "en-GB", *, may_fail: bool = False) -> Page:
        context = browser.new_context(base_url=service.url, viewport=size, locale=locale, reduced_motion="reduce")
        contexts.append(context)
        page = context.new_page()
        if not may_fail:
            page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: origins.add(urlsplit(request.url)[:2]))
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
    assert origins <= {urlsplit(service.url)[:2]}


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


@pytest.fixture(scope="session")
def drawing_key(service, tmp_path_factory) -> str:
    """The key of a tenant whose pinned model draws maps: what is bright is AI-generated."""
    whole = {**TILED, "views": {lane: [{"short_side": 16, "crops": 9}] for lane in ("bulk", "interactive")}}
    with Client(service.url, service.key) as client:
        client.upload_model(brightness(tmp_path_factory.mktemp("model") / "2.0.0", input=whole))
    return key_of_pinned(service, "drawing", "2.0.0")


@pytest.fixture(scope="session")
def guessing_key(service, tmp_path_factory) -> str:
    """The key of a tenant whose pinned model draws maps, of pictures beyond its range too."""
    small = {"min_side": 1, "max_side": 100, "statement": "Up to 100 px."}
    with Client(service.url, service.key) as client:
        client.upload_model(brightness(tmp_path_factory.mktemp("model") / "2.0.1", "2.0.1", range=small))
    return key_of_pinned(service, "guessing", "2.0.1")


@pytest.fixture(scope="session")
def knowing_key(service, tmp_path_factory) -> str:
    """The key of a tenant whose pinned model tells kinds, and has a poor record with what is bright."""
    domains = kinds(bright=(140, 24), dark=(12, 1))
    with Client(service.url, service.key) as client:
        client.upload_model(brightness(tmp_path_factory.mktemp("knowing") / "2.0.2", "2.0.2", domains=domains))
    return key_of_pinned(service, "knowing", "2.0.2")


@pytest.fixture(scope="session")
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
