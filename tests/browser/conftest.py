"""A real browser for the pages; one a module, because as long as it runs its thread has an event loop."""

import os
import shutil
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.pages import DESK

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
