"""Labelled images in memory, split so that byte-identical files never stand on both sides.

The layout is CIFAKE's: `{train,test}/{real,fake}/*.jpg`, in a folder or in a tar archive of any compression.
"""

import hashlib
import re
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from shared.domain.model_card import InputSpec
from shared.errors import ConfigurationError, ImageRefused
from shared.imaging.decode import decode
from shared.imaging.limits import Limits
from shared.imaging.prepare import prepare

LABELS = {"real": 0, "fake": 1}
LAYOUT = re.compile(r"(train|test)/(real|fake)/[^/]+\.jpg")
LIMITS = Limits(max_pixels=80_000_000, max_side=30_000)

VALIDATION_SHARE = 0.05
"""Of the training files: chooses the epoch."""

CALIBRATION_SHARE = 0.05
"""Of the training files: fits temperature and bias, so that no choice was made on them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Images:
    """N images: `pixels` uint8 [N, height, width, 3], `sides` int32 [N, 2] (width, height before resizing, px),
    `labels` uint8 [N] (1 = AI), `digests` SHA-256 of the files.
    """

    pixels: NDArray[np.uint8]
    sides: NDArray[np.int32]
    labels: NDArray[np.uint8]
    digests: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.labels)

    def where(self, chosen: NDArray[np.bool_]) -> "Images":
        return Images(
            pixels=self.pixels[chosen],
            sides=self.sides[chosen],
            labels=self.labels[chosen],
            digests=self.digests[chosen],
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Dataset:
    """`name` is that of the folder or archive; `test_unseen` are the test images without those whose very bytes
    also stand among the training files.
    """

    name: str
    train: Images
    validation: Images
    calibration: Images
    test: Images
    test_unseen: Images
    sha256: str


def load(path: Path, spec: InputSpec) -> Dataset:
    """Read a data set in CIFAKE's layout; raises ConfigurationError where `path` holds none."""
    files = sorted(_files(path))
    halves = {
        half: _decode([file for file in files if file[0].startswith(f"{half}/")], spec) for half in ("train", "test")
    }
    empty = [half for half, images in halves.items() if len(set(images.labels)) < len(LABELS)]
    if empty:
        raise ConfigurationError(
            f"{path} has no {empty[0]}/real/*.jpg or {empty[0]}/fake/*.jpg: not in CIFAKE's layout"
        )
    official, test = halves["train"], halves["test"]
    shares = share(official.digests)
    held_out = VALIDATION_SHARE + CALIBRATION_SHARE
    return Dataset(
        name=path.resolve().name,
        train=official.where(shares >= held_out),
        validation=official.where(shares < VALIDATION_SHARE),
        calibration=official.where((shares >= VALIDATION_SHARE) & (shares < held_out)),
        test=test,
        test_unseen=test.where(~np.isin(test.digests, official.digests)),
        sha256=_fingerprint(files),
    )


def share(digests: NDArray[np.str_]) -> NDArray[np.float64]:
    """A number in [0, 1) for each file from its hash alone: equal files fall on the same side of any split."""
    return np.array([int(digest[:8], 16) / 2**32 for digest in digests])


def _files(path: Path) -> Iterator[tuple[str, bytes]]:
    """(name, bytes) of every image, the name from `train` or `test` on."""
    if path.is_dir():
        for file in path.glob("*/*/*"):
            name = file.relative_to(path).as_posix()
            if LAYOUT.fullmatch(name):
                yield name, file.read_bytes()
        return
    try:
        with tarfile.open(path, "r|*") as archive:
            for member in archive:
                name = "/".join(PurePosixPath(member.name).parts[-3:])
                if LAYOUT.fullmatch(name) and (content := archive.extractfile(member)):
                    yield name, content.read()
    except (OSError, tarfile.TarError) as exc:
        raise ConfigurationError(f"{path} is neither a folder nor a tar archive that can be read: {exc}") from exc


def _decode(files: Sequence[tuple[str, bytes]], spec: InputSpec) -> Images:
    """Decode with what serves, so that training and serving see the same pixels."""
    pixels = np.empty((len(files), spec.height, spec.width, 3), np.uint8)
    sides = np.empty((len(files), 2), np.int32)
    for row, (name, content) in enumerate(files):
        try:
            decoded = decode(content, LIMITS)
            pixels[row] = prepare(decoded.image, spec)
            sides[row] = decoded.width, decoded.height
        except ImageRefused as exc:
            raise ConfigurationError(f"{name} cannot be trained on: {exc.detail}") from exc
    return Images(
        pixels=pixels,
        sides=sides,
        labels=np.array([LABELS[name.split("/")[1]] for name, _ in files], np.uint8),
        digests=np.array([hashlib.sha256(content).hexdigest() for _, content in files], np.str_),
    )


def _fingerprint(files: Sequence[tuple[str, bytes]]) -> str:
    """SHA-256 over names and bytes: the same for a folder and for an archive of it."""
    whole = hashlib.sha256()
    for name, content in files:
        whole.update(name.encode() + b"\0" + content)
    return whole.hexdigest()
