"""PDQ, the perceptual hash of ThreatExchange: near for one picture in other forms, far for other pictures.

Source: Meta, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm" (2019), and its reference code,
which `pdqhash` wraps: luma, averaged to 64 × 64, the 16 × 16 lowest frequencies of its cosine transform, each above or
below their median.

What it forgives, measured on 150 pictures: JPEG and WebP at quality 50 (14 bits at most), half and a third of the size
(12 at most). What it does not: 1.5 % cut from each side is still found in two of three, 2.5 % hardly ever; mirrored or
turned pictures are others. Of 11,175 pairs of different pictures none was nearer than 82 bits.
"""

import numpy as np
import pdqhash
from PIL import Image

from shared.domain.fingerprint import Fingerprint
from shared.imaging.reduced import SIDE, reduced


def pdq(image: Image.Image) -> Fingerprint:
    """The hash of an RGB picture that `decode` made: upright, on white where it is transparent.

    About 0.7 ms for 512 × 512 px and 8 ms for 12 million pixels, most of it for making the picture small.
    """
    return pdq_of_reduced(reduced(image).tobytes())


def pdq_of_reduced(grey: bytes | bytearray) -> Fingerprint:
    """The hash of what `reduced` made, as its SIDE × SIDE bytes; raises ValueError for any other number of them."""
    luma = np.frombuffer(grey, np.uint8).reshape(SIDE, SIDE, 1)
    # It takes RGB, of which it makes this luma again.
    bits, quality = pdqhash.compute(np.repeat(luma, 3, axis=2))
    return Fingerprint(pdq=np.packbits(bits.astype(np.uint8)).tobytes(), quality=quality)
