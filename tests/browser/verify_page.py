"""What a person does on the page at `/`, and what it then says."""

import json
import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect


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
