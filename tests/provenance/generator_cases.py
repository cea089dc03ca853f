"""Files with what generators write into them."""

import json
from collections.abc import Iterator

from shared.imaging.formats import Format
from tests.provenance.case import GENERATOR, Case, case
from tests.provenance.containers import (
    comment_exif,
    compressed_text,
    exif,
    gif,
    gif_comment,
    heif,
    international_text,
    jpeg,
    jpeg_exif,
    png,
    text,
    webp,
    xmp,
)

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


def cases() -> Iterator[Case]:
    said = {"prompt": "a lighthouse at dawn, oil painting", "seed": "1234567", "model": "dream, v8", "steps": "28"}
    yield case("a1111 parameters", png(text("parameters", A1111)), GENERATOR, **said)
    yield case("a1111 after the pixels", png(text("parameters", A1111), at_end=True), GENERATOR, **said)
    yield case("a1111 compressed", png(compressed_text("parameters", A1111.encode())), GENERATOR, **said)
    yield case("a1111 in Korean", png(international_text("parameters", f"등대, {A1111}", compressed=True)), GENERATOR)
    yield case("forge parameters", png(text("parameters", FORGE)), GENERATOR, generator="Forge")
    yield case("a1111 UserComment", jpeg_exif(comment_exif(A1111)), GENERATOR, **said)
    yield case("a1111 UserComment", webp((b"EXIF", comment_exif(A1111))), GENERATOR, **said)
    yield case("a1111 UserComment, ASCII", jpeg_exif(comment_exif(A1111, b"ASCII\0\0\0", "ascii")), GENERATOR, **said)
    yield case("a1111 UserComment", heif(Format.AVIF, exif=b"Exif\0\0" + comment_exif(A1111)), GENERATOR, **said)
    yield case("a1111 comment", gif(gif_comment(A1111)), GENERATOR, **said)
    yield case("a1111 comment", jpeg((0xFE, A1111.encode())), GENERATOR, **said)
    fox = {"generator": "ComfyUI", "prompt": "a red fox", "seed": 42, "model": "sdxl.safetensors"}
    yield case(
        "comfyui prompt and workflow",
        png(text("prompt", COMFY_PROMPT), text("workflow", COMFY_WORKFLOW)),
        GENERATOR,
        **fox,
    )
    yield case("comfyui workflow alone", png(text("workflow", COMFY_WORKFLOW)), GENERATOR, generator="ComfyUI")
    places = exif({0x010F: f"workflow:{COMFY_WORKFLOW}", 0x0110: f"prompt:{COMFY_PROMPT}"})
    yield case("comfyui in the names of a camera", webp((b"EXIF", places)), GENERATOR, **fox)
    yield case(
        "invokeai", png(text("invokeai_metadata", INVOKE)), GENERATOR, prompt="a stone bridge", model="juggernaut"
    )
    yield case(
        "fooocus", png(text("parameters", FOOOCUS), text("fooocus_scheme", "fooocus")), GENERATOR, generator="Fooocus"
    )
    yield case("fooocus UserComment", jpeg_exif(comment_exif(FOOOCUS)), GENERATOR, model="juggernautXL")
    yield case(
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
    yield case("novelai", webp((b"EXIF", said_in_exif)), GENERATOR, prompt="a knight", seed=5)
    scheme = exif({}, {0x9286: b"ASCII\0\0\0" + json.dumps({"prompt": "a pier"}).encode(), 0x927C: b"fooocus"})
    yield case("fooocus by its maker note", jpeg_exif(scheme), GENERATOR, generator="Fooocus", prompt="a pier")
    yield case("swarmui", png(text("parameters", SWARM)), GENERATOR, generator="SwarmUI", model="flux-dev")
    job = {
        "job_id": "0a1b2c3d-0000-4000-8000-123456789abc",
        "seed": "77",
        "version": "6.1",
        "prompt": "a quiet village --v 6.1 --seed 77",
    }
    yield case("midjourney description", png(text("Description", MIDJOURNEY)), GENERATOR, **job)
    yield case("midjourney description", jpeg_exif(exif({0x010E: MIDJOURNEY})), GENERATOR, **job)
    packet = xmp(
        "", f'<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{MIDJOURNEY}</rdf:li></rdf:Alt></dc:description>'
    )
    yield case("midjourney description in XMP", webp((b"XMP ", packet)), GENERATOR, **job)
    yield case("a generator's name", jpeg_exif(exif({0x0131: "Stable Diffusion 3.5"})), GENERATOR)
    yield case("a text about a generator", png(text("Description", "A long essay on Midjourney and its users. " * 4)))
    yield case("a prompt that is prose", png(text("prompt", "write to us"), text("parameters", "none")))
