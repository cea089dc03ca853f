"""Files made to mislead a reader, or to exhaust it."""

from collections.abc import Iterator

from shared.imaging.formats import Format
from tests.provenance.case import GENERATOR, IPTC_AI, Case, case
from tests.provenance.containers import comment_exif, jpeg_exif, jpeg_xmp, plain, png, riff, source_type, text, xmp
from tests.provenance.generator_cases import A1111


def cases() -> Iterator[Case]:
    yield case(
        "a hundred texts before it",
        png(*[text(f"t{i}", "x") for i in range(100)], text("parameters", A1111)),
        complete=False,
    )
    entities = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>' + source_type(
        "trainedAlgorithmicMedia"
    )
    yield case("entities in XMP", jpeg_xmp(entities))
    outside = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + xmp('photoshop:Credit="&a;"')
    yield case("a file as entity in XMP", jpeg_xmp(outside))
    deep = xmp("", "<a>" * 5000 + "</a>" * 5000)
    yield case("deep XMP", jpeg_xmp(deep))
    yield case("half of an XMP packet", jpeg_xmp(source_type("trainedAlgorithmicMedia")[:-40]), IPTC_AI)
    yield case("deep JSON", png(text("prompt", '{"a":' * 100_000), text("workflow", "{" + "[" * 100_000)))
    yield case(
        "an EXIF block that points to itself", jpeg_exif(b"II*\0\x08\0\0\0\x01\0\x69\x87\x04\0\x01\0\0\0\x08\0\0\0")
    )
    yield case(
        "an EXIF block of lies", jpeg_exif(b"MM\0*\0\0\0\x08\xff\xff" + b"\x01\x0f\0\x02\xff\xff\xff\xff\0\0\0\0" * 300)
    )
    steered = "Job \x1b[2J\x07 name\u202etxt.exe --v 6 Job ID: 0a1b2c3d-0000-4000-8000-123456789abc"
    yield case(
        "a terminal's commands",
        png(text("Description", steered)),
        GENERATOR,
        prompt="Job \ufffd[2J\ufffd name\ufffdtxt.exe --v 6",
    )
    nul = jpeg_exif(comment_exif("null \0 byte\n" + A1111))
    yield case("a NUL in a prompt", nul, GENERATOR, seed="1234567")
    for image_format in (Format.JPEG, Format.PNG, Format.WEBP):
        spoof = b"".join(
            (text("parameters", A1111)[1], jpeg_exif(comment_exif(A1111)), source_type("trainedAlgorithmicMedia"))
        )
        yield case("all of it after the end", plain(image_format) + spoof)
    tail = riff(b"XMP ", source_type("trainedAlgorithmicMedia"))
    yield case("a chunk after the end", plain(Format.WEBP) + tail)
    whole = png(text("parameters", A1111))
    yield case("another picture after the end", plain(Format.PNG) + whole)
