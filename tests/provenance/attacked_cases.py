"""Files whose Content Credentials were changed, moved or cut."""

import io
from collections.abc import Iterator

from PIL import Image

from shared.imaging.formats import Format
from tests.provenance.authority import CAPTURE, TRAINED, action, other_signer, sign
from tests.provenance.case import EXIF_CAMERA, MEDIA, SIGNED, TRUSTED, UNSIGNED, Case, c2pa, case
from tests.provenance.containers import SIDES, camera, jpeg, jpeg_exif, plain
from tests.unit.shared.imaging.pictures import encode_as, noise


def cases() -> Iterator[Case]:
    yield from _of_jpeg()
    yield from _elsewhere()


def _of_jpeg() -> Iterator[Case]:
    good = sign(plain(Format.JPEG), "image/jpeg", action("c2pa.created", TRAINED))
    real = sign(plain(Format.JPEG), "image/jpeg", action("c2pa.created", CAPTURE), signer=other_signer())
    broken = {"integrity": "broken", "signer": "trusted"}  # two facts: its signer signed, and something else
    foreign = {"integrity": "broken", "signer": "unknown"}

    tampered = bytearray(good)
    tampered[-200] ^= 1
    yield case(
        "one bit of the picture changed",
        bytes(tampered),
        c2pa(UNSIGNED),
        **broken,
        problems=["assertion.dataHash.mismatch"],
    )
    renamed = good.replace(b"trainedAlgorithmicMedia", b"trainedAlgorithmicMedlz")
    yield case("a word of the manifest changed", renamed, ("c2pa", "edited", UNSIGNED), integrity="broken")
    manifest = _segments(good, 0xEB)
    other = encode_as(Format.JPEG, noise(*SIDES, seed=9))
    yield case("moved to another picture", other[:2] + manifest + other[2:], c2pa(UNSIGNED), **broken)
    yield case(
        "an AI picture under a camera's manifest",
        other[:2] + _segments(real, 0xEB) + other[2:],
        c2pa(UNSIGNED, "camera"),
        **foreign,
    )
    cut = _shortened(good)
    yield case(
        "cut within the manifest",
        cut,
        ("c2pa", "edited", UNSIGNED),
        integrity="broken",
        problems=["manifest.unreadable"],
    )
    yield case("appended to the end", plain(Format.JPEG) + manifest)
    yield case("bytes after the end of a signed file", good + b"x" * 99, c2pa(UNSIGNED), **broken)
    yield case(
        "two manifests", good[:2] + _segments(real, 0xEB) + good[2:], c2pa(UNSIGNED, "camera"), integrity="broken"
    )
    noise_box = b"JP\0\x01\0\0\0\x01" + (200).to_bytes(4, "big") + b"jumb" + b"\xff" * 192
    yield case("a manifest of noise", jpeg((0xEB, noise_box)), ("c2pa", "edited", UNSIGNED), **foreign)
    file = io.BytesIO()
    Image.open(io.BytesIO(good)).save(file, "JPEG", quality=90)
    yield case("saved again, which strips it", file.getvalue())
    yield case("moved to another picture", _png_with_manifest_of_another(), c2pa(UNSIGNED), **broken)
    yield case(
        "signed over a camera's EXIF",
        sign(jpeg_exif(camera()), "image/jpeg", action("c2pa.created", TRAINED)),
        EXIF_CAMERA,
        c2pa(TRUSTED),
    )


def _elsewhere() -> Iterator[Case]:
    """Picture and end of the other containers; in a PNG each changed byte is seen by a checksum before."""
    made = action("c2pa.created", TRAINED, "GPT-4o")
    for image_format in (each for each in Format if each is not Format.JPEG):
        good = sign(plain(image_format), MEDIA[image_format], made)
        apart = image_format in (Format.AVIF, Format.HEIC)  # what stands after the last box is no box
        yield case(
            "bytes after the end of a signed file",
            good + b"x" * 99,
            ("c2pa", "edited", UNSIGNED) if apart else c2pa(UNSIGNED),
            integrity="broken",
            signer="unknown" if apart else "trusted",
        )
        if image_format is not Format.PNG:
            tampered = bytearray(good)
            tampered[good.index(b"VP8") + 300 if image_format is Format.WEBP else -200] ^= 1
            yield case("one bit of the picture changed", bytes(tampered), c2pa(UNSIGNED), integrity="broken")
        stranger = sign(plain(image_format), MEDIA[image_format], made, signer=other_signer())
        yield case("signed, unknown signer", stranger, c2pa(SIGNED), integrity="intact", signer="unknown")


def _segments(data: bytes, marker: int) -> bytes:
    """The segments of a JPEG with this marker, as they stand."""
    at, found = 2, b""
    while data[at + 1] != 0xDA:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        found += data[at:end] if data[at + 1] == marker else b""
        at = end
    return found


def _shortened(data: bytes) -> bytes:
    """The JPEG with half of its manifest's segment gone, and the picture whole."""
    segment = _segments(data, 0xEB)
    half = segment[4 : len(segment) // 2]
    shorter = b"\xff\xeb" + (len(half) + 2).to_bytes(2, "big") + half
    return data.replace(segment, shorter)


def _png_with_manifest_of_another() -> bytes:
    signed = sign(plain(Format.PNG), "image/png", action("c2pa.created", TRAINED))
    at = signed.index(b"caBX") - 4
    size = int.from_bytes(signed[at : at + 4], "big")
    other = encode_as(Format.PNG, noise(*SIDES, seed=9))
    return other[:33] + signed[at : at + 12 + size] + other[33:]
