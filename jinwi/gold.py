"""Images whose label is known, as the client offers them: `client.gold`."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Unpack

from jinwi import calls
from jinwi.calls import Call, Document, GoldFilters

PAGE = 200


class Gold:
    """What retraining learns from and is judged by. Needs a key with the scope `models`."""

    def __init__(self, send: Callable[[Call[Document]], Document]) -> None:
        self._send = send

    def add(
        self,
        image: Path | str | bytes,
        label: str,
        *,
        owner: str | None = None,
        kind: str | None = None,
        guard: float | None = None,
    ) -> Document:
        """Keep an image; `label` is human or ai, `guard` the share of new owners that judge (0 to 1).

        One that is there already stays as it is. Raises Refused (409) where it is there under the other label.
        """
        said = {"label": label, "owner": owner, "kind": kind, "guard": None if guard is None else str(guard)}
        form = {name: value for name, value in said.items() if value is not None}
        if isinstance(image, bytes):
            return self._send(calls.add_gold(image, form))
        with Path(image).open("rb") as file:
            return self._send(calls.add_gold(file, form))

    def images(self, *, limit: int | None = None, **filters: Unpack[GoldFilters]) -> Iterator[Document]:
        """The newest first, at most `limit`; fetched as they are needed."""
        left, cursor = sys.maxsize if limit is None else limit, None
        while left > 0:
            page = self._send(calls.list_gold(filters, min(left, PAGE), cursor))
            yield from page["images"]
            left -= len(page["images"])
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def counts(self, **filters: Unpack[GoldFilters]) -> list[Document]:
        """Images and owners by part and label."""
        return [*self._send(calls.list_gold(filters, 1, None))["counts"]]

    def remove(self, sha256: str) -> Document:
        """Take an image out of all that is trained or judged from now on, and delete it."""
        return self._send(calls.remove_gold(sha256))
