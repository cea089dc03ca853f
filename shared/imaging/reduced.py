"""A picture made small and grey, which is all that its perceptual hash looks at. By Pillow alone, as the decoder is."""

from PIL import Image

SIDE = 128
"""Sides in px of the reduced picture, whatever the shape of the whole one.

PDQ averages over windows of half a cell of its 64 × 64 grid; its reference code first brings larger pictures to
512 × 512 for speed. Straight to 128 × 128, with a filter that averages as those windows do, costs a twentieth. Measured
on 150 pictures of 256 to 1,024 px: 4 bits of 256 from the hash by way of 512 at the median, 22 at most; and halved and
thirded pictures stay nearer to their originals (12 bits at most, 46 by way of 512).
"""


LARGE = 4
"""Whole steps, of both sides, from which a picture is shrunk before it is made grey: at 12 million pixels in half the
time, for nothing as large as the picture is written then. At most 4 bits of 60 hashes were others.

To look at every third pixel only would take an eighth, and does not do: text and printed screens then stand as far as
90 bits from their own halves.
"""


def reduced(image: Image.Image) -> Image.Image:
    """An RGB picture, upright and on white as `decode` leaves it → mode L (Rec. 601 luma), SIDE × SIDE px."""
    across, down = (side // (2 * SIDE) for side in image.size)
    if min(across, down) >= LARGE:
        image = image.reduce((across, down))
    # The gap lets large pictures be shrunk by whole steps first: five times as fast, and not to be seen in the hash.
    return image.convert("L").resize((SIDE, SIDE), Image.Resampling.BILINEAR, reducing_gap=2.0)
