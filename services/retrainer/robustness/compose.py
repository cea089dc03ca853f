"""Composites with a known truth: a patch of one picture in another of a different owner."""

import io
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from services.retrainer.data.pictures import LIMITS, picture
from services.retrainer.data.samples import AI, HUMAN, Dataset, Sample
from services.retrainer.robustness.bases import BASES
from services.retrainer.robustness.choose import evenly, of_class
from shared.errors import ConfigurationError
from shared.imaging.decode import decode

PHOTOGRAPHS = frozenset({"photo", "photograph", "portrait", ""})
"""Kinds that are pasted from and into; "" where the source names none, as AI sources do."""

SHARE = (0.2, 0.5)
"""Sides of the patch to those of its host."""

EDGES = ("hard", "feathered")


@dataclass(frozen=True, kw_only=True, slots=True)
class Direction:
    """Which class lies in which."""

    name: str
    patch: int
    host: int

    @property
    def sign(self) -> int:
        """Where the patch should take a logit: 1 up, -1 down."""
        return 1 if self.patch == AI else -1


AI_IN_HUMAN = Direction(name="AI in human", patch=AI, host=HUMAN)
HUMAN_IN_AI = Direction(name="human in AI", patch=HUMAN, host=AI)
CONTROLS = (
    Direction(name="human in human", patch=HUMAN, host=HUMAN),
    Direction(name="AI in AI", patch=AI, host=AI),
)
"""Nothing to find but the seam: what a map finds here, it does not find because of the class."""

DIRECTIONS = (AI_IN_HUMAN, HUMAN_IN_AI, *CONTROLS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Composite:
    """`plain` and `pasted` went through the same last round of JPEG; `mask` bool [height, width] is true in the patch.

    `owner` is the host's.
    """

    name: str
    owner: str
    direction: Direction
    edge: str
    plain: Image.Image
    pasted: Image.Image
    mask: NDArray[np.bool_]


def composites(dataset: Dataset, *, count: int, base: str = "matched", seed: int = 0) -> Iterator[Composite]:
    """`count` of each direction, edges in turn; hosts come evenly from all owners, donors from other owners.

    Both pictures are first brought to the same base view, one of BASES, so that size, codec and grid do not give the
    patch away. Raises ConfigurationError where photographs of two owners of a class are lacking.
    """
    for direction in DIRECTIONS:
        chance = random.Random(f"{seed}/{direction.name}")  # noqa: S311
        for index, (host, donor) in enumerate(_pairs(dataset, direction, count, chance)):
            edge = EDGES[index % len(EDGES)]
            plain, other = (BASES[base](picture(sample), sample.name) for sample in (host, donor))
            pasted, mask = paste(plain, other, chance, feathered=edge == "feathered")
            quality = chance.randint(75, 95)
            yield Composite(
                name=f"{donor.name} in {host.name}",
                owner=host.owner,
                direction=direction,
                edge=edge,
                plain=_encoded(plain, quality),
                pasted=_encoded(pasted, quality),
                mask=mask,
            )


def _pairs(
    dataset: Dataset, direction: Direction, count: int, chance: random.Random
) -> Iterator[tuple[Sample, Sample]]:
    """(host, donor), never of one owner."""
    hosts = evenly(_photographs(dataset, direction.host), count, chance)
    donors = evenly(_photographs(dataset, direction.patch), len(dataset), chance)
    if not hosts or len({donor.owner for donor in donors}) < 2:
        raise ConfigurationError(f"{dataset.name}: composites need photographs of two owners in each class")
    for host in hosts:
        donor = next(donor for donor in donors if donor.owner != host.owner)
        donors.remove(donor)
        donors.append(donor)  # its turn comes again when all others had theirs
        yield host, donor


def _photographs(dataset: Dataset, label: int) -> list[Sample]:
    return [sample for sample in of_class(dataset.samples, label) if sample.kind in PHOTOGRAPHS]


def paste(
    host: Image.Image, donor: Image.Image, chance: random.Random, *, feathered: bool
) -> tuple[Image.Image, NDArray[np.bool_]]:
    """A window of `donor` at its own resolution, 0.2 to 0.5 of the host's sides, anywhere in `host`, and its mask.

    A donor that is too small for that gives all it has. A feathered edge fades over a tenth of the patch.
    """
    share = chance.uniform(*SHARE)
    size = tuple(max(1, min(round(whole * share), room)) for whole, room in zip(host.size, donor.size, strict=True))
    source, target = _window(donor.size, size, chance), _window(host.size, size, chance)
    alpha = Image.new("L", host.size)
    alpha.paste(255, target)
    if feathered:
        alpha = _faded(alpha, target, min(size) / 10)
    layer = host.copy()
    layer.paste(donor.crop(source), target[:2])
    return Image.composite(layer, host, alpha), np.asarray(alpha) >= 128


def _faded(alpha: Image.Image, box: Sequence[int], width: float) -> Image.Image:
    """Inwards only: beyond the box the layer shows nothing of the donor."""
    inner = Image.new("L", alpha.size)
    inset = round(width)
    inner.paste(255, (box[0] + inset, box[1] + inset, box[2] - inset, box[3] - inset))
    return inner.filter(ImageFilter.GaussianBlur(width / 2))


def _window(whole: tuple[int, ...], size: tuple[int, ...], chance: random.Random) -> tuple[int, int, int, int]:
    left, top = (chance.randint(0, room - side) for room, side in zip(whole, size, strict=True))
    return left, top, left + size[0], top + size[1]


def _encoded(image: Image.Image, quality: int) -> Image.Image:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality, subsampling=2)
    return decode(file.getvalue(), LIMITS).image
