import re
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from services.api.pages.markup import clean, markup, tag

ANY_TEXT = st.text(st.characters(codec=None), max_size=60)


class Reader(HTMLParser):
    """What a browser makes of it: elements, attributes and text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements, self.text = [], ""
        self.feed(page)
        self.close()

    def handle_starttag(self, name, attributes):
        self.elements.append((name, dict(attributes)))

    def handle_data(self, data):
        self.text += data


@given(ANY_TEXT, ANY_TEXT)
def test_whatever_a_text_holds_it_stays_text(text, value):
    read = Reader(tag("p", tag("b", text, title=value), text))
    assert [name for name, _ in read.elements] == ["p", "b"]
    assert read.elements[1][1] == {"title": clean(value)}
    assert read.text == clean(text) * 2


@given(ANY_TEXT)
def test_no_character_that_is_not_to_be_seen_reaches_the_page(text):
    page = tag("p", text, title=text)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", page)
    page.encode()


def test_markup_is_not_escaped_again_and_what_is_none_is_left_out():
    made = markup(tag("i", "a & b"), None, ["<", tag("span", hidden=True, id=None, draggable=False)])
    assert made == "<i>a &amp; b</i>&lt;<span hidden></span>"


def test_an_attributes_name_is_written_as_html_has_it():
    assert tag("input", for_="x", aria_label='say "&"', value=0) == (
        '<input for="x" aria-label="say &quot;&amp;&quot;" value="0">'
    )
