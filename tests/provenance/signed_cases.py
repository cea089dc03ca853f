"""Files with Content Credentials as they were signed."""

import functools
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from shared.imaging.formats import Format
from tests.provenance.authority import CAPTURE, COMPOSITE, TRAINED, action, make_signer, other_signer, sign
from tests.provenance.case import MEDIA, SIGNED, TRUSTED, UNSIGNED, Case, c2pa, case
from tests.provenance.containers import SIDES, plain
from tests.unit.shared.imaging.pictures import encode_as, noise


def cases() -> Iterator[Case]:
    made = action("c2pa.created", TRAINED, "GPT-4o")
    for image_format in Format:
        data = sign(plain(image_format), MEDIA[image_format], made)
        yield case(
            "signed, trusted",
            data,
            c2pa(TRUSTED),
            integrity="intact",
            signer="trusted",
            revocation="not_checked",
            common_name="Test Camera",
        )
    yield case(
        "signed, unknown signer",
        sign(plain(Format.JPEG), "image/jpeg", made, signer=other_signer()),
        c2pa(SIGNED),
        signer="unknown",
    )
    converted = (action("c2pa.created", TRAINED, "GPT-4o"), action("c2pa.converted", software="OpenAI API"))
    chat = sign(plain(Format.PNG), "image/png", *converted, signer=other_signer(), generator="ChatGPT")
    yield case("signed, as ChatGPT does", chat, c2pa(SIGNED), generator="ChatGPT 1.0", signer="unknown")
    dalle = action("c2pa.created", TRAINED, "DALL·E")
    drawn = sign(plain(Format.WEBP), "image/webp", dalle, signer=other_signer(), generator="OpenAI-API")
    yield case("signed, as DALL·E does", drawn, c2pa(SIGNED), generator="OpenAI-API 1.0", signer="unknown")
    yield case(
        "signed, a camera's",
        sign(plain(Format.JPEG), "image/jpeg", action("c2pa.created", CAPTURE)),
        c2pa(TRUSTED, "camera"),
    )
    yield case(
        "signed, a composite",
        sign(plain(Format.PNG), "image/png", action("c2pa.created", COMPOSITE)),
        c2pa(TRUSTED, "edited_with_ai"),
    )
    filled = (action("c2pa.created", CAPTURE), action("c2pa.edited", COMPOSITE, "Generative Fill"))
    yield case(
        "signed, filled with AI", sign(plain(Format.JPEG), "image/jpeg", *filled), c2pa(TRUSTED, "edited_with_ai")
    )
    cropped = (action("c2pa.created", CAPTURE), action("c2pa.cropped"))
    yield case("signed, cropped", sign(plain(Format.JPEG), "image/jpeg", *cropped), c2pa(TRUSTED, "edited"))
    malformed = sign(plain(Format.JPEG), "image/jpeg", action("c2pa.created"))
    yield case(
        "signed, made without a source", malformed, c2pa(UNSIGNED, "edited"), problems=["assertion.action.malformed"]
    )
    parent = sign(plain(Format.JPEG), "image/jpeg", made, signer=other_signer())
    opened = sign(
        encode_as(Format.JPEG, noise(*SIDES, seed=2)), "image/jpeg", action("c2pa.color_adjustments"), parent=parent
    )
    yield case("signed, made from an AI picture", opened, c2pa(TRUSTED, "edited"), c2pa(SIGNED, "ai"))
    spoilt = bytearray(parent)
    spoilt[-200] ^= 1
    reopened = sign(plain(Format.JPEG), "image/jpeg", action("c2pa.filtered"), parent=bytes(spoilt))
    yield case("signed, made from a broken AI picture", reopened, c2pa(TRUSTED, "edited"), c2pa(UNSIGNED, "ai"))
    placed = sign(plain(Format.JPEG), "image/jpeg", action("c2pa.created", CAPTURE), component=parent)
    yield case("signed, an AI picture put in", placed, c2pa(TRUSTED, "camera"), c2pa(SIGNED, "edited_with_ai"))


@functools.cache
def short_lived() -> tuple[bytes, datetime]:
    """A signed file, and when its certificate expires: nobody signs with one that has."""
    signer = make_signer("A camera of old", lasts=timedelta(seconds=3))
    data = sign(plain(Format.JPEG), "image/jpeg", action("c2pa.created", CAPTURE), signer=signer)
    return data, datetime.now(UTC) + timedelta(seconds=3)


def expired(data: bytes, until: datetime) -> Iterator[Case]:
    time.sleep(max(0.0, (until - datetime.now(UTC)).total_seconds()))  # by now nearly all of it has passed
    yield case("signed, expired", data, c2pa(SIGNED, "camera"), integrity="intact", signer="expired")
