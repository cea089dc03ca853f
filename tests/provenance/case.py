"""A crafted file, with what is to be found in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.imaging.formats import Format, identify

Found = tuple[str, str, str]

TRUSTED, SIGNED, UNSIGNED = "signed_trusted", "signed", "unsigned"


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """`found`: kind, claim and strength of each finding; `details`: members of the first finding's details."""

    name: str
    format: Format
    data: bytes
    found: list[Found]
    details: Mapping[str, Any] = field(default_factory=dict)
    complete: bool = True


GENERATOR: Found = ("generator", "ai", UNSIGNED)
IPTC_AI: Found = ("iptc", "ai", UNSIGNED)
EXIF_CAMERA: Found = ("exif", "camera", UNSIGNED)
EXIF_EDITED: Found = ("exif", "edited", UNSIGNED)

MEDIA = {image_format: f"image/{image_format}" for image_format in Format}


def c2pa(strength: str, claim: str = "ai") -> Found:
    return "c2pa", claim, strength


def case(name: str, data: bytes, *found: Found, complete: bool = True, **details: Any) -> Case:
    """A case whose format its first bytes tell."""
    image_format = identify(data[:256])
    return Case(
        name=f"{name}, {image_format}",
        format=image_format,
        data=data,
        found=[*found],
        details=details,
        complete=complete,
    )
