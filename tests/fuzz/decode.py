"""Coverage-guided fuzzing of header check and decoder: `python -m tests.fuzz.decode -max_total_time=60 FOLDER`.

FOLDER keeps what was found worth keeping; the sound files of the corpus are put there first. All other arguments
are libFuzzer's. Needs atheris; what a finding looks like and what to do with it: docs/explanation/hostile-input.md.
"""

import io
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["shared.imaging", "PIL", "pillow_heif", "imagesize"]):
    import imagesize  # noqa: F401
    import pillow_heif  # noqa: F401
    from PIL import Image  # noqa: F401

    from shared.imaging.decode import decode
    from shared.imaging.header import Header, check_header, read_header
    from shared.imaging.limits import Limits

from shared.errors import ImageRefused
from tests.corpus.boundaries import with_checksums
from tests.corpus.seeds import seeds

LIMITS = Limits(max_pixels=1_000_000, max_side=4_096)
"""Small, for the sake of pace: what is beyond them is refused on the same way."""

PNG_HEAD = b"\x89PNG\r\n\x1a\n"


def try_one(data: bytes) -> None:
    """Pixels or a refusal with its reason; all else is a finding."""
    header = _header(data)
    try:
        decoded = decode(data, LIMITS)
    except ImageRefused as refusal:
        _expect(refusal, "undecodable", "unsupported_format", "too_many_pixels")
        return
    except MemoryError:
        return
    assert header is not None, "the header check calls a picture no image"
    assert decoded.format is header.format
    assert decoded.image.mode == "RGB"
    LIMITS.check(decoded.width, decoded.height)
    decoded.image.tobytes()


def _header(data: bytes) -> Header | None:
    try:
        header = read_header(io.BytesIO(data))
    except ImageRefused as refusal:
        _expect(refusal, "unsupported_format")
        return None
    try:
        check_header(header, LIMITS.max_pixels, LIMITS.max_side)
    except ImageRefused as refusal:
        _expect(refusal, "too_many_pixels")
    return header


def _expect(refusal: ImageRefused, *reasons: str) -> None:
    assert refusal.reason in reasons, refusal.reason


def mutate(data: bytes, max_size: int, seed: int) -> bytes:
    """The mutations of libFuzzer, and true checksums for most PNGs, which no chance would hit."""
    made = atheris.Mutate(data, max_size)
    if made.startswith(PNG_HEAD) and seed % 4:
        made = with_checksums(made)
    return made


def plant_seeds(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, (_, data) in seeds().items():
        (folder / f"seed {name}".replace(" ", "-").replace(":", "")).write_bytes(data)


def main() -> None:
    paths = [Path(argument) for argument in sys.argv[1:] if not argument.startswith("-")]
    if not paths:
        sys.exit(__doc__)
    if not paths[0].is_file():  # a file is a finding that is to be repeated
        plant_seeds(paths[0])
    atheris.Setup(sys.argv, try_one, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
