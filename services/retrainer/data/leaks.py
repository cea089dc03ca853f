"""What two data sets share: equal files, and parts of one picture in another, cropped, rescaled and compressed.

A whole-image hash cannot match a 256 px crop with the picture that it was cut from. Here pictures meet by the codes of
their keypoints (locality-sensitive hashing: Indyk and Motwani, STOC 1998). Those that several codes place alike are
laid over each other and compared block by block, after a band-pass, by normalised cross-correlation, so that two skies
or two faces are not one picture, and a caption does not hide one. Mirrored or rotated copies, and pictures under
SMALLEST, are found as equal files only.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from services.retrainer.data.keypoints import Keypoints, keypoints
from services.retrainer.data.pictures import picture
from services.retrainer.data.samples import Dataset, Sample

SMALLEST = 64
"""Short side in px."""

LONGEST = 1024
"""A larger picture is shrunk to this long side, in px."""

BANDS = 4
"""Of interleaved bits of a code; keypoints meet where all bits of a band agree."""

CROWD = 60
"""A bucket with more keypoints on either side is left out: what many pictures show says nothing about two."""

MAX_DISTANCE = 12
"""Of 63 bits. A keypoint found again in a crop differs in 3, at the median; one of another picture in 31."""

MIN_VOTES = 2
"""Keypoints that must place a pair alike."""

MIN_OVERLAP = 48
"""Short side of what a pair shares, in px of either picture."""

MIN_SIMILARITY = 0.8
GRID = 96
"""Long side at which a pair is compared, in px; blocks are a quarter of a side."""

SLACK = 5
"""By which a placement may be wrong, in px at that size."""

SCALES = (0.96, 0.98, 1.0, 1.02, 1.04)
MIN_CONTRAST = 1.5
"""Standard deviation after the band-pass, of 255, below which a block shows nothing."""

Say = Callable[[str], None]
Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
Wanted = Callable[[Ints, Ints], NDArray[np.bool_]]
Box = tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Match:
    """Two samples that share a picture; `similarity` in [MIN_SIMILARITY, 1], 1.0 for equal files only."""

    first: Sample
    second: Sample
    similarity: float


@dataclass(frozen=True, kw_only=True, slots=True)
class _Placement:
    """Where the second picture lies over the first: `first = scale * second + shift`, in px."""

    scale: float
    shift: Floats
    votes: int


def between(first: Dataset, second: Dataset, say: Say = lambda _: None) -> list[Match]:
    """What two data sets share, the most alike first."""
    return _matches(first.samples, second.samples, lambda a, _: np.ones(len(a), np.bool_), say)


def across_owners(dataset: Dataset, say: Say = lambda _: None) -> list[Match]:
    """What different owners of one data set share: a split by owner does not keep these together."""
    owners = dataset.owners
    return _matches(dataset.samples, dataset.samples, lambda a, b: (a < b) & (owners[a] != owners[b]), say)


def _matches(first: Sequence[Sample], second: Sequence[Sample], wanted: Wanted, say: Say) -> list[Match]:
    left = _described(first, say)
    right = left if second is first else _described(second, say)
    found = dict.fromkeys(_equal_files(left, right, wanted), 1.0)
    candidates = _candidates(left, right, wanted)
    say(f"{len(candidates):,} pairs to compare")
    for (a, b), placement in candidates.items():
        if (a, b) not in found:
            similarity = _similarity(_grey(first[a]), _grey(second[b]), placement)
            if similarity >= MIN_SIMILARITY:
                found[a, b] = similarity
    matches = [Match(first=first[a], second=second[b], similarity=value) for (a, b), value in found.items()]
    return sorted(matches, key=lambda match: -match.similarity)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Described:
    """Of N pictures: `digests` of their files; of all their K keypoints: `owner` int64 [K], the picture's row."""

    digests: Sequence[bytes]
    owner: Ints
    points: Keypoints


def _described(samples: Sequence[Sample], say: Say) -> _Described:
    each = []
    for done, sample in enumerate(samples, 1):
        each.append(_points(_grey(sample)))
        if done % 500 == 0 or done == len(samples):
            say(f"{done:,} of {len(samples):,} pictures described")
    return _Described(
        digests=[hashlib.sha256(sample.read()).digest() for sample in samples],
        owner=np.repeat(np.arange(len(each)), [len(points) for points in each]),
        points=Keypoints.joined(each),
    )


def _points(grey: Image.Image) -> Keypoints:
    return (
        keypoints(np.asarray(grey, np.float32) / np.float32(255))
        if min(grey.size) >= SMALLEST
        else Keypoints.joined([])
    )


@lru_cache(maxsize=256)
def _grey(sample: Sample) -> Image.Image:
    grey = picture(sample).convert("L")
    grey.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    return grey


def _equal_files(left: _Described, right: _Described, wanted: Wanted) -> list[tuple[int, int]]:
    rows = defaultdict(list)
    for row, digest in enumerate(right.digests):
        rows[digest].append(row)
    pairs = [(a, b) for a, digest in enumerate(left.digests) for b in rows[digest]]
    if not pairs:
        return []
    keep = wanted(*np.array(pairs, np.int64).T)
    return [pair for pair, kept in zip(pairs, keep, strict=True) if kept]


def _candidates(left: _Described, right: _Described, wanted: Wanted) -> dict[tuple[int, int], _Placement]:
    """Pairs of pictures whose keypoints meet and agree where one lies over the other."""
    met = np.unique(
        np.concatenate([_met(left.points.codes, right.points.codes, band) for band in range(BANDS)]), axis=0
    )
    pairs = np.stack([left.owner[met[:, 0]], right.owner[met[:, 1]]], 1)
    keep = wanted(pairs[:, 0], pairs[:, 1])
    met, pairs = met[keep], pairs[keep]
    if not len(pairs):
        return {}
    order = np.lexsort((pairs[:, 1], pairs[:, 0]))
    met, pairs = met[order], pairs[order]
    each, starts = np.unique(pairs, axis=0, return_index=True)
    placed = {}
    for (a, b), rows in zip(each.tolist(), np.split(met, starts[1:]), strict=True):
        placement = _placement(left.points.take(rows[:, 0]), right.points.take(rows[:, 1]))
        if placement.votes >= MIN_VOTES:
            placed[a, b] = placement
    return placed


def _met(left: NDArray[np.uint64], right: NDArray[np.uint64], band: int) -> Ints:
    """Rows of codes that agree in one band and differ little in all, int64 [M, 2]."""
    mask = np.uint64(sum(1 << bit for bit in range(band, 63, BANDS)))
    order = np.argsort(right & mask, kind="stable")
    ordered, keys = (right & mask)[order], left & mask
    start, count = _range_in(ordered, keys)
    _, crowd = _range_in(np.sort(keys), keys)
    count[(count > CROWD) | (crowd > CROWD)] = 0
    a = np.repeat(np.arange(len(left)), count)
    b = order[np.arange(len(a)) - np.repeat(np.cumsum(count) - count - start, count)]
    near = np.bitwise_count(left[a] ^ right[b]) <= MAX_DISTANCE
    return np.stack([a[near], b[near]], 1)


def _range_in(ordered: NDArray[np.uint64], keys: NDArray[np.uint64]) -> tuple[Ints, Ints]:
    """Where each key begins in an ordered array, and how often it stands there."""
    start = np.searchsorted(ordered, keys, "left")
    return start, np.searchsorted(ordered, keys, "right") - start


def _placement(left: Keypoints, right: Keypoints) -> _Placement:
    """That which most pairs of keypoints, row by row, agree on; the scale and shift of least squares."""
    scales = left.sigma / right.sigma
    best = np.zeros(len(scales), np.bool_)
    for scale, at, origin in zip(scales, left.at, right.at, strict=True):
        error = np.hypot(*(at + scale * (right.at - origin) - left.at).T)
        allowed = 2 * left.sigma + 0.08 * np.hypot(*(left.at - at).T)
        agree = (np.abs(np.log2(scales / scale)) < 0.35) & (error < allowed)
        if agree.sum() > best.sum():
            best = agree
    votes = min(len(np.unique(points.at[best].round(), axis=0)) for points in (left, right))
    centre, origin = left.at[best].mean(0), right.at[best].mean(0)
    spread = right.at[best] - origin
    apart = float((spread**2).sum())
    scale = float(((left.at[best] - centre) * spread).sum()) / apart if apart > 20**2 else 0.0
    if scale <= 0:
        scale = float(np.median(scales[best]))
    return _Placement(scale=scale, shift=centre - scale * origin, votes=votes)


def _similarity(first: Image.Image, second: Image.Image, placement: _Placement) -> float:
    """Of what two pictures share, in [-1, 1]; -1 where that is too little or shows nothing."""
    x, y = placement.shift.tolist()
    left, top = max(0.0, x), max(0.0, y)
    right = min(first.width, placement.scale * second.width + x)
    bottom = min(first.height, placement.scale * second.height + y)
    width, height = right - left, bottom - top
    if min(width, height) < MIN_OVERLAP * max(1.0, placement.scale):
        return -1.0
    zoom = min(1.0, 1 / placement.scale, GRID / max(width, height))
    size = max(16, round(width * zoom)), max(16, round(height * zoom))
    shared = _band(first, (left, top, right, bottom), size)
    centre = (left + right) / 2 - x, (top + bottom) / 2 - y
    best = -1.0
    for change in SCALES:
        half = width / 2 / change, height / 2 / change
        box = (centre[0] - half[0], centre[1] - half[1], centre[0] + half[0], centre[1] + half[1])
        other = _band(second, _inside(tuple(edge / placement.scale for edge in box), second), size)
        best = max(best, _blockwise(*_aligned(shared, other)))
    return best


def _inside(box: tuple[float, ...], image: Image.Image) -> Box:
    left, top, right, bottom = box
    return max(0.0, left), max(0.0, top), min(image.width, right), min(image.height, bottom)


def _band(image: Image.Image, box: Box, size: tuple[int, int]) -> Floats:
    """A part of a picture without its finest and its coarsest detail, float32 [H, W]."""
    part = image.resize(size, Image.Resampling.BOX, box=box)
    fine, coarse = (np.asarray(part.filter(ImageFilter.GaussianBlur(radius)), np.float32) for radius in (0.7, 6))
    return fine - coarse


def _aligned(first: Floats, second: Floats) -> tuple[Floats, Floats]:
    """What is left of both where they correlate best, shifted by at most SLACK px."""
    correlation = np.fft.irfft2(np.fft.rfft2(first) * np.fft.rfft2(second).conj(), first.shape)
    near = np.roll(correlation, (SLACK, SLACK), (0, 1))[: 2 * SLACK + 1, : 2 * SLACK + 1]
    down, across = (int(step) - SLACK for step in np.unravel_index(near.argmax(), near.shape))
    return _shifted(first, down, across), _shifted(second, -down, -across)


def _shifted(band: Floats, down: int, across: int) -> Floats:
    height, width = band.shape
    return band[max(0, down) : height + min(0, down), max(0, across) : width + min(0, across)]


def _blockwise(first: Floats, second: Floats) -> float:
    """Median over the blocks that show something of their correlation; -1 where fewer than four do."""
    found = []
    for rows in np.array_split(np.arange(first.shape[0]), 4):
        for columns in np.array_split(np.arange(first.shape[1]), 4):
            a, b = (band[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] for band in (first, second))
            a, b = a - a.mean(), b - b.mean()
            if max(a.std(), b.std()) > MIN_CONTRAST:
                found.append(float((a * b).mean() / max(a.std() * b.std(), 1e-6)))
    return float(np.median(found)) if len(found) >= 4 else -1.0
