"""What a page and a terminal make of what is written for them."""

from html.parser import HTMLParser


class Page(HTMLParser):
    """Elements, attributes, comments and text, as a browser takes them apart."""

    def __init__(self, written: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self._code: list[str] = []
        self._inside: list[str] = []
        self.feed(written)
        self.close()

    def handle_starttag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        self._code += [name, *(part for pair in attributes for part in pair if part)]
        self._inside.append(name)

    def handle_endtag(self, name: str) -> None:
        while self._inside and self._inside.pop() != name:
            pass

    def handle_comment(self, words: str) -> None:
        self._code.append(words)

    handle_decl = unknown_decl = handle_pi = handle_comment

    def handle_data(self, words: str) -> None:
        if self._inside[-1:] in (["script"], ["style"]):
            self._code.append(words)
        else:
            self.text += words

    def holds_as_text_alone(self, mark: str) -> None:
        """Nothing that is marked became an element, an attribute, a comment, a script or a style."""
        assert not [part for part in self._code if mark in part]
        assert "script" not in self._code


def unsteered(printed: str) -> bool:
    """Whether a terminal would only show it: no control character but line feeds, no turned direction."""
    return all(character.isprintable() or character == "\n" for character in printed)
