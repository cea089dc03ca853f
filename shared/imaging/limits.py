"""How large a picture may be."""

from dataclasses import dataclass

from shared.errors import ImageRefused


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """`max_pixels` bounds width × height, `max_side` in px the longer side."""

    max_pixels: int
    max_side: int

    def check(self, width: int, height: int) -> None:
        """Raise ImageRefused(too_many_pixels) for a picture beyond either bound."""
        if width * height > self.max_pixels or max(width, height) > self.max_side:
            raise ImageRefused(
                "too_many_pixels",
                f"It measures {width} × {height} px; at most {self.max_pixels:,} pixels "
                f"and {self.max_side:,} px a side are accepted.",
            )
