"""Crafted files, kind by container by attack, each with what is to be found in it."""

import functools
import io
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from PIL import Image

from shared.imaging.formats import Format
from tests.provenance.authority import (
    CAPTURE,
    COMPOSITE,
    TRAINED,
    action,
    make_signer,
    other_signer,
    sign,
)
from tests.provenance.containers import (
    SIDES,
    camera,
    comment_exif,
    compressed_text,
    exif,
    gif,
    gif_comment,
    gif_xmp,
    heif,
    international_text,
    jpeg,
    jpeg_exif,
    jpeg_iim,
    jpeg_xmp,
    plain,
    png,
    riff,
    source_type,
    text,
    webp,
    xmp,
)
from tests.unit.shared.imaging.pictures import encode_as, noise

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


A1111 = (
    "a lighthouse at dawn, oil painting\nNegative prompt: blurry, text\n"
    'Steps: 28, Sampler: DPM++ 2M, CFG scale: 7, Seed: 1234567, Size: 64x48, Model hash: abc123, Model: "dream, v8", '
    "Version: v1.10.1"
)
FORGE = A1111.replace("v1.10.1", "f2.0.1v1.10.1")
COMFY_PROMPT = json.dumps(
    {
        "3": {
            "class_type": "KSampler",
            "inputs": {"seed": 42, "steps": 20, "sampler_name": "euler", "model": ["4", 0]},
        },
        "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "sdxl.safetensors"}},
        "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a red fox", "clip": ["4", 1]}},
    }
)
COMFY_WORKFLOW = json.dumps({"nodes": [{"id": 3, "type": "KSampler"}], "version": 0.4})
INVOKE = json.dumps(
    {
        "app_version": "5.1.0",
        "positive_prompt": "a stone bridge",
        "seed": 99,
        "steps": 30,
        "model": {"name": "juggernaut", "hash": "x"},
    }
)
FOOOCUS = json.dumps({"prompt": "a harbour", "base_model": "juggernautXL", "seed": "7", "version": "Fooocus v2.5.0"})
NOVELAI = json.dumps({"prompt": "a knight", "seed": 5, "sampler": "k_euler", "steps": 28, "uc": "lowres"})
SWARM = json.dumps({"sui_image_params": {"prompt": "an owl", "model": "flux-dev", "seed": 3, "steps": 4}})
MIDJOURNEY = "a quiet village --v 6.1 --seed 77 Job ID: 0a1b2c3d-0000-4000-8000-123456789abc"
GENERATOR: Found = ("generator", "ai", UNSIGNED)
IPTC_AI: Found = ("iptc", "ai", UNSIGNED)
EXIF_CAMERA: Found = ("exif", "camera", UNSIGNED)
EXIF_EDITED: Found = ("exif", "edited", UNSIGNED)

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

_MEDIA = {image_format: f"image/{image_format}" for image_format in Format}


def c2pa(strength: str, claim: str = "ai") -> Found:
    return "c2pa", claim, strength


def cases() -> Iterator[Case]:
    short_lived, until = _short_lived()
    yield from _plain()
    yield from _generators()
    yield from _iptc()
    yield from _cameras()
    yield from _hostile()
    yield from _signed()
    yield from _attacked()
    yield from _attacked_elsewhere()
    yield from _expired(short_lived, until)


@functools.cache
def _short_lived() -> tuple[bytes, datetime]:
    """A signed file, and when its certificate expires: nobody signs with one that has."""
    signer = make_signer("A camera of old", lasts=timedelta(seconds=3))
    data = sign(plain(Format.JPEG), "image/jpeg", action("c2pa.created", CAPTURE), signer=signer)
    return data, datetime.now(UTC) + timedelta(seconds=3)


def _expired(data: bytes, until: datetime) -> Iterator[Case]:
    time.sleep(max(0.0, (until - datetime.now(UTC)).total_seconds()))  # by now nearly all of it has passed
    yield _case("signed, expired", data, c2pa(SIGNED, "camera"), integrity="intact", signer="expired")


def _plain() -> Iterator[Case]:
    for image_format in Format:
        yield Case(name=f"nothing, {image_format}", format=image_format, data=plain(image_format), found=[])


def _case(name: str, data: bytes, *found: Found, complete: bool = True, **details: Any) -> Case:
    """A case whose format its first bytes tell."""
    from shared.imaging.formats import identify

    image_format = identify(data[:256])
    return Case(
        name=f"{name}, {image_format}",
        format=image_format,
        data=data,
        found=[*found],
        details=details,
        complete=complete,
    )


def _generators() -> Iterator[Case]:
    said = {"prompt": "a lighthouse at dawn, oil painting", "seed": "1234567", "model": "dream, v8", "steps": "28"}
    yield _case("a1111 parameters", png(text("parameters", A1111)), GENERATOR, **said)
    yield _case("a1111 after the pixels", png(text("parameters", A1111), at_end=True), GENERATOR, **said)
    yield _case("a1111 compressed", png(compressed_text("parameters", A1111.encode())), GENERATOR, **said)
    yield _case("a1111 in Korean", png(international_text("parameters", f"등대, {A1111}", compressed=True)), GENERATOR)
    yield _case("forge parameters", png(text("parameters", FORGE)), GENERATOR, generator="Forge")
    yield _case("a1111 UserComment", jpeg_exif(comment_exif(A1111)), GENERATOR, **said)
    yield _case("a1111 UserComment", webp((b"EXIF", comment_exif(A1111))), GENERATOR, **said)
    yield _case("a1111 UserComment, ASCII", jpeg_exif(comment_exif(A1111, b"ASCII\0\0\0", "ascii")), GENERATOR, **said)
    yield _case("a1111 UserComment", heif(Format.AVIF, exif=b"Exif\0\0" + comment_exif(A1111)), GENERATOR, **said)
    yield _case("a1111 comment", gif(gif_comment(A1111)), GENERATOR, **said)
    yield _case("a1111 comment", jpeg((0xFE, A1111.encode())), GENERATOR, **said)
    fox = {"generator": "ComfyUI", "prompt": "a red fox", "seed": 42, "model": "sdxl.safetensors"}
    yield _case(
        "comfyui prompt and workflow",
        png(text("prompt", COMFY_PROMPT), text("workflow", COMFY_WORKFLOW)),
        GENERATOR,
        **fox,
    )
    yield _case("comfyui workflow alone", png(text("workflow", COMFY_WORKFLOW)), GENERATOR, generator="ComfyUI")
    places = exif({0x010F: f"workflow:{COMFY_WORKFLOW}", 0x0110: f"prompt:{COMFY_PROMPT}"})
    yield _case("comfyui in the names of a camera", webp((b"EXIF", places)), GENERATOR, **fox)
    yield _case(
        "invokeai", png(text("invokeai_metadata", INVOKE)), GENERATOR, prompt="a stone bridge", model="juggernaut"
    )
    yield _case(
        "fooocus", png(text("parameters", FOOOCUS), text("fooocus_scheme", "fooocus")), GENERATOR, generator="Fooocus"
    )
    yield _case("fooocus UserComment", jpeg_exif(comment_exif(FOOOCUS)), GENERATOR, model="juggernautXL")
    yield _case(
        "novelai",
        png(text("Software", "NovelAI"), text("Comment", NOVELAI), text("Source", "NovelAI Diffusion V4")),
        GENERATOR,
        prompt="a knight",
        seed=5,
        model="NovelAI Diffusion V4",
    )
    outer = json.dumps({"Comment": NOVELAI, "Source": "NovelAI Diffusion V4.5"})
    said_in_exif = exif(
        {0x010E: "NovelAI generated image", 0x0131: "NovelAI Diffusion V4.5"},
        {0x9286: b"ASCII\0\0\0" + outer.encode()},
    )
    yield _case("novelai", webp((b"EXIF", said_in_exif)), GENERATOR, prompt="a knight", seed=5)
    scheme = exif({}, {0x9286: b"ASCII\0\0\0" + json.dumps({"prompt": "a pier"}).encode(), 0x927C: b"fooocus"})
    yield _case("fooocus by its maker note", jpeg_exif(scheme), GENERATOR, generator="Fooocus", prompt="a pier")
    yield _case("swarmui", png(text("parameters", SWARM)), GENERATOR, generator="SwarmUI", model="flux-dev")
    job = {
        "job_id": "0a1b2c3d-0000-4000-8000-123456789abc",
        "seed": "77",
        "version": "6.1",
        "prompt": "a quiet village --v 6.1 --seed 77",
    }
    yield _case("midjourney description", png(text("Description", MIDJOURNEY)), GENERATOR, **job)
    yield _case("midjourney description", jpeg_exif(exif({0x010E: MIDJOURNEY})), GENERATOR, **job)
    packet = xmp(
        "", f'<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{MIDJOURNEY}</rdf:li></rdf:Alt></dc:description>'
    )
    yield _case("midjourney description in XMP", webp((b"XMP ", packet)), GENERATOR, **job)
    yield _case("a generator's name", jpeg_exif(exif({0x0131: "Stable Diffusion 3.5"})), GENERATOR)
    yield _case("a text about a generator", png(text("Description", "A long essay on Midjourney and its users. " * 4)))
    yield _case("a prompt that is prose", png(text("prompt", "write to us"), text("parameters", "none")))


def _iptc() -> Iterator[Case]:
    for term, claim in VOCABULARY.items():
        yield _case(f"iptc {term}", jpeg_xmp(source_type(term)), ("iptc", claim, UNSIGNED), digital_source_type=term)
    packet = source_type("trainedAlgorithmicMedia")
    yield _case("iptc source type", png(international_text("XML:com.adobe.xmp", packet.decode())), IPTC_AI)
    yield _case("iptc source type", webp((b"XMP ", packet)), IPTC_AI)
    yield _case("iptc source type", heif(Format.AVIF, xmp=packet), IPTC_AI)
    yield _case("iptc source type", heif(Format.HEIC, xmp=packet), IPTC_AI)
    yield _case("iptc source type", gif(gif_xmp(packet)), IPTC_AI)
    yield _case("iptc unknown source type", jpeg_xmp(source_type("madeByElves")))
    element = xmp(
        "",
        "<Iptc4xmpExt:DigitalSourceType>http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
        "</Iptc4xmpExt:DigitalSourceType><Iptc4xmpExt:AISystemUsed>Imagen</Iptc4xmpExt:AISystemUsed>"
        "<Iptc4xmpExt:AIPromptInformation>a blue door</Iptc4xmpExt:AIPromptInformation>",
    )
    yield _case("iptc elements and AI fields", jpeg_xmp(element), IPTC_AI, system="Imagen", prompt="a blue door")
    yield _case(
        "credit of Google AI", jpeg_iim((80, "me"), (110, "Made with Google AI")), IPTC_AI, credit="Made with Google AI"
    )
    yield _case(
        "credit of Google AI in XMP",
        jpeg_xmp(xmp('photoshop:Credit="Edited with Google AI"')),
        ("iptc", "edited_with_ai", UNSIGNED),
    )
    yield _case("credit of an agency", jpeg_iim((110, "Yonhap"), (115, "Yonhap")))


def _cameras() -> Iterator[Case]:
    yield _case(
        "camera", jpeg_exif(camera()), EXIF_CAMERA, make="Nikon", model="Z 6", iso=200, consistency="consistent"
    )
    yield _case("camera", png((b"eXIf", camera())), EXIF_CAMERA, consistency="consistent")
    yield _case("camera", webp((b"EXIF", camera())), EXIF_CAMERA, consistency="consistent")
    yield _case("camera", heif(Format.HEIC, exif=b"Exif\0\0" + camera()), EXIF_CAMERA, consistency="consistent")
    yield _case(
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
        yield _case(
            f"camera, {name}",
            jpeg_exif(camera(**changed)),
            EXIF_CAMERA,
            consistency="contradictory",
            contradictions=[complaint],
        )
    yield _case(
        "a second EXIF block",
        jpeg_exif(camera(), camera(make="Canon", model="EOS R5")),
        EXIF_CAMERA,
        make="Nikon",
        contradictions=["several_exif_blocks"],
    )
    twice = (camera(), camera(make="Canon", model="EOS R5"))
    for data in (webp(*((b"EXIF", block) for block in twice)), png(*((b"eXIf", block) for block in twice))):
        yield _case("a second EXIF block", data, EXIF_CAMERA, make="Nikon", contradictions=["several_exif_blocks"])
    yield _case("camera and editor", jpeg_exif(camera(software="Adobe Photoshop 26.0")), EXIF_CAMERA, EXIF_EDITED)
    yield _case("editor in XMP", jpeg_xmp(xmp('xmp:CreatorTool="GIMP 3.0"')), EXIF_EDITED, software="GIMP 3.0")
    yield _case("editor in a text chunk", png(text("Software", "Krita 5.2")), EXIF_EDITED, software="Krita 5.2")
    yield _case(
        "camera over a generator's text", png((b"eXIf", camera()), text("parameters", A1111)), GENERATOR, EXIF_CAMERA
    )


def _hostile() -> Iterator[Case]:
    yield _case(
        "a hundred texts before it",
        png(*[text(f"t{i}", "x") for i in range(100)], text("parameters", A1111)),
        complete=False,
    )
    entities = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>' + source_type(
        "trainedAlgorithmicMedia"
    )
    yield _case("entities in XMP", jpeg_xmp(entities))
    outside = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + xmp('photoshop:Credit="&a;"')
    yield _case("a file as entity in XMP", jpeg_xmp(outside))
    deep = xmp("", "<a>" * 5000 + "</a>" * 5000)
    yield _case("deep XMP", jpeg_xmp(deep))
    yield _case("half of an XMP packet", jpeg_xmp(source_type("trainedAlgorithmicMedia")[:-40]), IPTC_AI)
    yield _case("deep JSON", png(text("prompt", '{"a":' * 100_000), text("workflow", "{" + "[" * 100_000)))
    yield _case(
        "an EXIF block that points to itself", jpeg_exif(b"II*\0\x08\0\0\0\x01\0\x69\x87\x04\0\x01\0\0\0\x08\0\0\0")
    )
    yield _case(
        "an EXIF block of lies", jpeg_exif(b"MM\0*\0\0\0\x08\xff\xff" + b"\x01\x0f\0\x02\xff\xff\xff\xff\0\0\0\0" * 300)
    )
    steered = "Job \x1b[2J\x07 name\u202etxt.exe --v 6 Job ID: 0a1b2c3d-0000-4000-8000-123456789abc"
    yield _case(
        "a terminal's commands",
        png(text("Description", steered)),
        GENERATOR,
        prompt="Job \ufffd[2J\ufffd name\ufffdtxt.exe --v 6",
    )
    nul = jpeg_exif(comment_exif("null \0 byte\n" + A1111))
    yield _case("a NUL in a prompt", nul, GENERATOR, seed="1234567")
    for image_format in (Format.JPEG, Format.PNG, Format.WEBP):
        spoof = b"".join(
            (text("parameters", A1111)[1], jpeg_exif(comment_exif(A1111)), source_type("trainedAlgorithmicMedia"))
        )
        yield _case("all of it after the end", plain(image_format) + spoof)
    tail = riff(b"XMP ", source_type("trainedAlgorithmicMedia"))
    yield _case("a chunk after the end", plain(Format.WEBP) + tail)
    whole = png(text("parameters", A1111))
    yield _case("another picture after the end", plain(Format.PNG) + whole)


def _signed() -> Iterator[Case]:
    made = action("c2pa.created", TRAINED, "GPT-4o")
    for image_format in Format:
        data = sign(plain(image_format), _MEDIA[image_format], made)
        yield _case(
            "signed, trusted",
            data,
            c2pa(TRUSTED),
            integrity="intact",
            signer="trusted",
            revocation="not_checked",
            common_name="Test Camera",
        )
    yield _case(
        "signed, unknown signer",
        sign(plain(Format.JPEG), "image/jpeg", made, signer=other_signer()),
        c2pa(SIGNED),
        signer="unknown",
    )
    converted = (action("c2pa.created", TRAINED, "GPT-4o"), action("c2pa.converted", software="OpenAI API"))
    chat = sign(plain(Format.PNG), "image/png", *converted, signer=other_signer(), generator="ChatGPT")
    yield _case("signed, as ChatGPT does", chat, c2pa(SIGNED), generator="ChatGPT 1.0", signer="unknown")
    dalle = action("c2pa.created", TRAINED, "DALL·E")
    drawn = sign(plain(Format.WEBP), "image/webp", dalle, signer=other_signer(), generator="OpenAI-API")
    yield _case("signed, as DALL·E does", drawn, c2pa(SIGNED), generator="OpenAI-API 1.0", signer="unknown")
    yield _case(
        "signed, a camera's",
        sign(plain(Format.JPEG), "image/jpeg", action("c2pa.created", CAPTURE)),
        c2pa(TRUSTED, "camera"),
    )
    yield _case(
        "signed, a composite",
        sign(plain(Format.PNG), "image/png", action("c2pa.created", COMPOSITE)),
        c2pa(TRUSTED, "edited_with_ai"),
    )
    filled = (action("c2pa.created", CAPTURE), action("c2pa.edited", COMPOSITE, "Generative Fill"))
    yield _case(
        "signed, filled with AI", sign(plain(Format.JPEG), "image/jpeg", *filled), c2pa(TRUSTED, "edited_with_ai")
    )
    cropped = (action("c2pa.created", CAPTURE), action("c2pa.cropped"))
    yield _case("signed, cropped", sign(plain(Format.JPEG), "image/jpeg", *cropped), c2pa(TRUSTED, "edited"))
    malformed = sign(plain(Format.JPEG), "image/jpeg", action("c2pa.created"))
    yield _case(
        "signed, made without a source", malformed, c2pa(UNSIGNED, "edited"), problems=["assertion.action.malformed"]
    )
    parent = sign(plain(Format.JPEG), "image/jpeg", made, signer=other_signer())
    opened = sign(
        encode_as(Format.JPEG, noise(*SIDES, seed=2)), "image/jpeg", action("c2pa.color_adjustments"), parent=parent
    )
    yield _case("signed, made from an AI picture", opened, c2pa(TRUSTED, "edited"), c2pa(SIGNED, "ai"))
    spoilt = bytearray(parent)
    spoilt[-200] ^= 1
    reopened = sign(plain(Format.JPEG), "image/jpeg", action("c2pa.filtered"), parent=bytes(spoilt))
    yield _case("signed, made from a broken AI picture", reopened, c2pa(TRUSTED, "edited"), c2pa(UNSIGNED, "ai"))
    placed = sign(plain(Format.JPEG), "image/jpeg", action("c2pa.created", CAPTURE), component=parent)
    yield _case("signed, an AI picture put in", placed, c2pa(TRUSTED, "camera"), c2pa(SIGNED, "edited_with_ai"))


def _attacked() -> Iterator[Case]:
    good = sign(plain(Format.JPEG), "image/jpeg", action("c2pa.created", TRAINED))
    real = sign(plain(Format.JPEG), "image/jpeg", action("c2pa.created", CAPTURE), signer=other_signer())
    broken = {"integrity": "broken", "signer": "trusted"}  # two facts: its signer signed, and something else
    foreign = {"integrity": "broken", "signer": "unknown"}

    tampered = bytearray(good)
    tampered[-200] ^= 1
    yield _case(
        "one bit of the picture changed",
        bytes(tampered),
        c2pa(UNSIGNED),
        **broken,
        problems=["assertion.dataHash.mismatch"],
    )
    renamed = good.replace(b"trainedAlgorithmicMedia", b"trainedAlgorithmicMedlz")
    yield _case("a word of the manifest changed", renamed, ("c2pa", "edited", UNSIGNED), integrity="broken")
    manifest = _segments(good, 0xEB)
    other = encode_as(Format.JPEG, noise(*SIDES, seed=9))
    yield _case("moved to another picture", other[:2] + manifest + other[2:], c2pa(UNSIGNED), **broken)
    yield _case(
        "an AI picture under a camera's manifest",
        other[:2] + _segments(real, 0xEB) + other[2:],
        c2pa(UNSIGNED, "camera"),
        **foreign,
    )
    cut = _shortened(good)
    yield _case(
        "cut within the manifest",
        cut,
        ("c2pa", "edited", UNSIGNED),
        integrity="broken",
        problems=["manifest.unreadable"],
    )
    yield _case("appended to the end", plain(Format.JPEG) + manifest)
    yield _case("bytes after the end of a signed file", good + b"x" * 99, c2pa(UNSIGNED), **broken)
    yield _case(
        "two manifests", good[:2] + _segments(real, 0xEB) + good[2:], c2pa(UNSIGNED, "camera"), integrity="broken"
    )
    noise_box = b"JP\0\x01\0\0\0\x01" + (200).to_bytes(4, "big") + b"jumb" + b"\xff" * 192
    yield _case("a manifest of noise", jpeg((0xEB, noise_box)), ("c2pa", "edited", UNSIGNED), **foreign)
    file = io.BytesIO()
    Image.open(io.BytesIO(good)).save(file, "JPEG", quality=90)
    yield _case("saved again, which strips it", file.getvalue())
    yield _case("moved to another picture", _png_with_manifest_of_another(), c2pa(UNSIGNED), **broken)
    yield _case(
        "signed over a camera's EXIF",
        sign(jpeg_exif(camera()), "image/jpeg", action("c2pa.created", TRAINED)),
        EXIF_CAMERA,
        c2pa(TRUSTED),
    )


def _attacked_elsewhere() -> Iterator[Case]:
    """Picture and end of the other containers; in a PNG each changed byte is seen by a checksum before."""
    made = action("c2pa.created", TRAINED, "GPT-4o")
    for image_format in (each for each in Format if each is not Format.JPEG):
        good = sign(plain(image_format), _MEDIA[image_format], made)
        apart = image_format in (Format.AVIF, Format.HEIC)  # what stands after the last box is no box
        yield _case(
            "bytes after the end of a signed file",
            good + b"x" * 99,
            ("c2pa", "edited", UNSIGNED) if apart else c2pa(UNSIGNED),
            integrity="broken",
            signer="unknown" if apart else "trusted",
        )
        if image_format is not Format.PNG:
            tampered = bytearray(good)
            tampered[good.index(b"VP8") + 300 if image_format is Format.WEBP else -200] ^= 1
            yield _case("one bit of the picture changed", bytes(tampered), c2pa(UNSIGNED), integrity="broken")
        stranger = sign(plain(image_format), _MEDIA[image_format], made, signer=other_signer())
        yield _case("signed, unknown signer", stranger, c2pa(SIGNED), integrity="intact", signer="unknown")


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
