"""Files whose IPTC metadata name a source, and files with the EXIF of cameras and editors."""

from collections.abc import Iterator

from shared.imaging.formats import Format
from tests.provenance.case import EXIF_CAMERA, EXIF_EDITED, GENERATOR, IPTC_AI, UNSIGNED, Case, case
from tests.provenance.containers import (
    camera,
    exif,
    gif,
    gif_xmp,
    heif,
    international_text,
    jpeg_exif,
    jpeg_iim,
    jpeg_xmp,
    png,
    source_type,
    text,
    webp,
    xmp,
)
from tests.provenance.generator_cases import A1111

VOCABULARY = {
    "trainedAlgorithmicMedia": "ai",
    "compositeWithTrainedAlgorithmicMedia": "edited_with_ai",
    **dict.fromkeys(("digitalCapture", "computationalCapture", "negativeFilm", "positiveFilm", "print"), "camera"),
    **dict.fromkeys(("humanEdits", "minorHumanEdits", "algorithmicallyEnhanced", "softwareImage"), "edited"),
    **dict.fromkeys(("digitalArt", "digitalCreation", "dataDrivenMedia", "algorithmicMedia"), "edited"),
    **dict.fromkeys(("screenCapture", "virtualRecording"), "edited"),
    **dict.fromkeys(("composite", "compositeCapture", "compositeSynthetic"), "edited"),
}
"""All terms of http://cv.iptc.org/newscodes/digitalsourcetype/, the retired ones among them, and what each claims."""


def cases() -> Iterator[Case]:
    yield from _iptc()
    yield from _cameras()


def _iptc() -> Iterator[Case]:
    for term, claim in VOCABULARY.items():
        yield case(f"iptc {term}", jpeg_xmp(source_type(term)), ("iptc", claim, UNSIGNED), digital_source_type=term)
    packet = source_type("trainedAlgorithmicMedia")
    yield case("iptc source type", png(international_text("XML:com.adobe.xmp", packet.decode())), IPTC_AI)
    yield case("iptc source type", webp((b"XMP ", packet)), IPTC_AI)
    yield case("iptc source type", heif(Format.AVIF, xmp=packet), IPTC_AI)
    yield case("iptc source type", heif(Format.HEIC, xmp=packet), IPTC_AI)
    yield case("iptc source type", gif(gif_xmp(packet)), IPTC_AI)
    yield case("iptc unknown source type", jpeg_xmp(source_type("madeByElves")))
    element = xmp(
        "",
        "<Iptc4xmpExt:DigitalSourceType>http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
        "</Iptc4xmpExt:DigitalSourceType><Iptc4xmpExt:AISystemUsed>Imagen</Iptc4xmpExt:AISystemUsed>"
        "<Iptc4xmpExt:AIPromptInformation>a blue door</Iptc4xmpExt:AIPromptInformation>",
    )
    yield case("iptc elements and AI fields", jpeg_xmp(element), IPTC_AI, system="Imagen", prompt="a blue door")
    yield case(
        "credit of Google AI", jpeg_iim((80, "me"), (110, "Made with Google AI")), IPTC_AI, credit="Made with Google AI"
    )
    yield case(
        "credit of Google AI in XMP",
        jpeg_xmp(xmp('photoshop:Credit="Edited with Google AI"')),
        ("iptc", "edited_with_ai", UNSIGNED),
    )
    yield case("credit of an agency", jpeg_iim((110, "Yonhap"), (115, "Yonhap")))


def _cameras() -> Iterator[Case]:
    yield case("camera", jpeg_exif(camera()), EXIF_CAMERA, make="Nikon", model="Z 6", iso=200, consistency="consistent")
    yield case("camera", png((b"eXIf", camera())), EXIF_CAMERA, consistency="consistent")
    yield case("camera", webp((b"EXIF", camera())), EXIF_CAMERA, consistency="consistent")
    yield case("camera", heif(Format.HEIC, exif=b"Exif\0\0" + camera()), EXIF_CAMERA, consistency="consistent")
    yield case(
        "two names by hand", jpeg_exif(exif({0x010F: "Canon", 0x0110: "EOS R5"})), EXIF_CAMERA, consistency="incomplete"
    )
    for name, changed, complaint in (
        ("taken in the future", {"taken": "2124:01:01 00:00:00"}, "taken_at_an_impossible_time"),
        ("taken before cameras", {"taken": "1926:01:01 00:00:00"}, "taken_at_an_impossible_time"),
        ("digitised later", {"digitised": "2025:05:04 10:11:12"}, "digitised_at_another_time"),
        ("impossible exposure", {"exposure": (0, 250)}, "impossible_exposure_time"),
        ("impossible aperture", {"aperture": (1, 1000)}, "impossible_aperture"),
        ("impossible sensitivity", {"iso": 0}, "impossible_sensitivity"),
        ("other sides", {"width": 6048, "height": 4024}, "other_sides"),
    ):  # fmt: skip
        yield case(
            f"camera, {name}",
            jpeg_exif(camera(**changed)),
            EXIF_CAMERA,
            consistency="contradictory",
            contradictions=[complaint],
        )
    yield case(
        "a second EXIF block",
        jpeg_exif(camera(), camera(make="Canon", model="EOS R5")),
        EXIF_CAMERA,
        make="Nikon",
        contradictions=["several_exif_blocks"],
    )
    twice = (camera(), camera(make="Canon", model="EOS R5"))
    for data in (webp(*((b"EXIF", block) for block in twice)), png(*((b"eXIf", block) for block in twice))):
        yield case("a second EXIF block", data, EXIF_CAMERA, make="Nikon", contradictions=["several_exif_blocks"])
    yield case("camera and editor", jpeg_exif(camera(software="Adobe Photoshop 26.0")), EXIF_CAMERA, EXIF_EDITED)
    yield case("editor in XMP", jpeg_xmp(xmp('xmp:CreatorTool="GIMP 3.0"')), EXIF_EDITED, software="GIMP 3.0")
    yield case("editor in a text chunk", png(text("Software", "Krita 5.2")), EXIF_EDITED, software="Krita 5.2")
    yield case(
        "camera over a generator's text", png((b"eXIf", camera()), text("parameters", A1111)), GENERATOR, EXIF_CAMERA
    )
