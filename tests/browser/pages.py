"""Sizes, languages and questions that the tests of pages share."""

import re

import pytest
from playwright.sync_api import Page

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
A4_WIDTH_PT, A4_HEIGHT_PT = 594.96, 841.92

WIDTHS = pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
LANGUAGES = pytest.mark.parametrize("locale", ["en-GB", "ko-KR"])


def fits(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def pages_of(pdf: bytes) -> int:
    """Chromium writes the objects of pages in the clear (ISO 32000-1, section 7.7.3.3)."""
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf))
