"""What a network that was trained on crops is shown of a whole picture: the plan that the card pins."""

from shared.domain.job import Lane
from shared.domain.model_card import InputSpec, View

LARGEST = 1024
"""Short side, in px: a larger picture is shrunk to it first, for native crops of larger ones were never measured."""


def input_spec(side: int, *, large: bool = False) -> InputSpec:
    """Tiles of `side` px; few of a `large` network, of which one takes long.

    Shrunk and native alike, and few of both where many pictures wait. On whole pictures of owners left out, nine native
    crops of 128 px stood at 0.832, one shrunk and two native at 0.821, two native at 0.805, one shrunk at 0.793
    (matched views); other sides take over the proportion.
    """
    shrunk, native = 2 * side, max(LARGEST, 2 * side)

    def views(of_shrunk: int, of_native: int) -> tuple[View, ...]:
        found = (View(short_side=shrunk, crops=of_shrunk),)
        return (*found, View(short_side=native, crops=of_native)) if of_native else found

    bulk, interactive = (views(1, 0), views(1, 2)) if large else (views(1, 2), views(4, 5))
    return InputSpec(width=side, height=side, views={Lane.BULK: bulk, Lane.INTERACTIVE: interactive})


SPEC = input_spec(128)
"""Of `jinwi-cnn`."""
