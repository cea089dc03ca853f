"""What image generators leave in their files: the settings of a picture, written by the program that made it.

Anyone can write, copy or strip them. The forms are those of the programs' own sources: AUTOMATIC1111 and Forge
(`parameters`), ComfyUI (`prompt`, `workflow`), InvokeAI, Fooocus, NovelAI, SwarmUI, Midjourney.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from shared.domain.provenance import Claim, Finding, Kind, Strength
from shared.provenance import tiff, xmp
from shared.provenance.limits import JSON_BYTES
from shared.provenance.said import Exif, Said

Details = dict[str, Any]
Texts = Mapping[str, str]

_SETTING = re.compile(r'\s*([\w /]{1,40}):\s*("(?:\\.|[^"\\]){0,1000}"|[^,]{0,300})(?:,|$)')
_A1111 = re.compile(r"(?:^|\n)Steps: \d{1,5}, ")
_NOVELAI = "NovelAI generated image"
_MIDJOURNEY_JOB = re.compile(r"Job ID: ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
_MIDJOURNEY_OPTION = re.compile(r"--(\w{1,12}) (\S{1,40})")
_NAMED = re.compile(
    r"midjourney|dall[·\-. ]?e|stable diffusion|novelai|invokeai|comfyui|fooocus|adobe firefly|ideogram|leonardo\.ai"
    r"|bing image creator|imagen|flux\.1|dreamstudio|chatgpt|gpt-image|gpt-4o|automatic1111|easy diffusion|grok",
    re.IGNORECASE,
)


def findings(said: Said) -> Iterator[Finding]:
    """At most one for each place in the file."""
    for where, texts in _places(said):
        details = next((found for reader in _READERS if (found := reader(texts))), None)
        if details:
            yield Finding(kind=Kind.GENERATOR, claim=Claim.AI, strength=Strength.UNSIGNED, where=where, details=details)


def _places(said: Said) -> Iterator[tuple[str, Texts]]:
    """Text chunks belong together; an EXIF block and an XMP packet each stand alone."""
    if said.texts:
        yield said.texts_where, said.texts
    for block in said.exif:
        yield f"{block.where}, EXIF", _of_exif(block)
    for packet in said.xmp:
        yield f"{packet.where}, XMP", _of_xmp(packet.properties)


def _of_exif(block: Exif) -> Texts:
    said = block.tags
    texts = {
        "Description": said.get(tiff.IMAGE_DESCRIPTION),
        "Software": said.get(tiff.SOFTWARE),
        "Author": said.get(tiff.ARTIST),
        "parameters": tiff.user_comment(said.get(tiff.USER_COMMENT), block.byte_order),
        "fooocus_scheme": _word(said.get(tiff.MAKER_NOTE)),
    }
    for tag in (tiff.MAKE, tiff.MODEL):  # where ComfyUI writes in a WebP: `workflow:{…}`, `prompt:{…}`
        name, _, text = str(said.get(tag, "")).partition(":")
        texts[name.casefold()] = text if text.startswith("{") else None
    return {name: text for name, text in texts.items() if isinstance(text, str) and text}


def _word(value: tiff.Value) -> tiff.Value:
    """A maker note that is a word, and not a camera's secrets."""
    return value.decode("ascii", "ignore").strip("\0") if isinstance(value, bytes) and len(value) < 20 else value


def _of_xmp(said: Mapping[str, str]) -> Texts:
    texts = {
        "Description": said.get(f"{xmp.DUBLIN_CORE}description"),
        "Software": said.get(f"{xmp.BASIC}CreatorTool"),
        "parameters": said.get(f"{xmp.EXIF}UserComment"),
    }
    return {name: text for name, text in texts.items() if text}


def _a1111(texts: Texts) -> Details | None:
    """AUTOMATIC1111 and Forge: prompt, `Negative prompt:`, and a last line of settings."""
    text = next((texts[name] for name in ("parameters", "comment") if _A1111.search(texts.get(name, ""))), None)
    if text is None:
        return None
    head, _, tail = text.rpartition("Steps: ")
    settings = dict(_settings(f"Steps: {tail.splitlines()[0][:4000]}"))
    prompt, _, negative = head.partition("Negative prompt:")
    version = settings.get("Version", "")
    return _given(
        generator="Forge" if version.startswith("f") else "AUTOMATIC1111 or a relative of it",
        version=version,
        prompt=prompt.strip(),
        negative_prompt=negative.strip(),
        model=settings.get("Model"),
        model_hash=settings.get("Model hash"),
        seed=settings.get("Seed"),
        sampler=settings.get("Sampler"),
        steps=settings.get("Steps"),
    )


def _settings(line: str) -> Iterator[tuple[str, str]]:
    at = 0
    while match := _SETTING.match(line, at):
        yield match[1].strip(), match[2].strip().strip('"')
        at = match.end()


def _comfyui(texts: Texts) -> Details | None:
    """A graph of nodes, of which each has a `class_type` and `inputs`."""
    graph = _json(texts.get("prompt"))
    nodes = [node for node in graph.values() if isinstance(node, dict) and isinstance(node.get("class_type"), str)]
    workflow = _json(texts.get("workflow"))
    if not nodes and not isinstance(workflow.get("nodes"), list):
        return None
    inputs = [(node["class_type"], node["inputs"]) for node in nodes if isinstance(node.get("inputs"), dict)]
    return _given(
        generator="ComfyUI",
        prompt="\n".join(
            text for kind, given in inputs if "TextEncode" in kind and isinstance(text := given.get("text"), str)
        ),
        model=_first(inputs, "ckpt_name", "unet_name", "model_name"),
        seed=_first(inputs, "seed", "noise_seed"),
        sampler=_first(inputs, "sampler_name"),
        steps=_first(inputs, "steps"),
        nodes=len(nodes) or None,
    )


def _first(inputs: list[tuple[str, Mapping[str, Any]]], *names: str) -> str | int | float | None:
    """The first input of one of these names that is a value; a list points to another node."""
    values = (given.get(name) for _, given in inputs for name in names)
    return next((value for value in values if isinstance(value, str | int | float)), None)


def _invokeai(texts: Texts) -> Details | None:
    said = _json(texts.get("invokeai_metadata")) or _json(texts.get("sd-metadata"))
    nested = said.get("image")
    image = nested if isinstance(nested, dict) else said
    if not said and "Dream" not in texts:
        return None
    model = said.get("model")
    return _given(
        generator="InvokeAI",
        version=said.get("app_version"),
        prompt=said.get("positive_prompt") or _scalar(image.get("prompt")) or texts.get("Dream"),
        negative_prompt=said.get("negative_prompt"),
        model=model.get("name") or model.get("model_name") if isinstance(model, dict) else said.get("model_weights"),
        seed=_scalar(image.get("seed")),
        steps=_scalar(image.get("steps")),
    )


def _fooocus(texts: Texts) -> Details | None:
    said = _json(texts.get("parameters"))
    named = texts.get("Software", "").startswith("Fooocus") or texts.get("fooocus_scheme") in {"fooocus", "a1111"}
    if not ("base_model" in said or (named and said)):
        return None
    return _given(
        generator="Fooocus",
        version=said.get("version") or texts.get("Software"),
        prompt=said.get("prompt"),
        negative_prompt=said.get("negative_prompt"),
        model=said.get("base_model"),
        seed=said.get("seed"),
        sampler=said.get("sampler"),
        steps=said.get("steps"),
    )


def _swarmui(texts: Texts) -> Details | None:
    said = _json(texts.get("parameters")).get("sui_image_params")
    if not isinstance(said, dict):
        return None
    return _given(
        generator="SwarmUI",
        prompt=said.get("prompt"),
        negative_prompt=said.get("negativeprompt"),
        model=said.get("model"),
        seed=said.get("seed"),
        steps=said.get("steps"),
    )


def _novelai(texts: Texts) -> Details | None:
    description = texts.get("Description")
    if not texts.get("Software", "").startswith("NovelAI") and _NOVELAI not in (texts.get("Title"), description):
        return None
    outer = _json(texts.get("parameters"))  # in EXIF, where the PNG's texts stand as one JSON
    said = _json(texts.get("Comment")) or _json(outer.get("Comment")) or outer
    return _given(
        generator="NovelAI",
        prompt=said.get("prompt") or (None if description == _NOVELAI else description),
        negative_prompt=said.get("uc"),
        model=texts.get("Source") or outer.get("Source"),
        seed=said.get("seed"),
        sampler=said.get("sampler"),
        steps=said.get("steps"),
    )


def _midjourney(texts: Texts) -> Details | None:
    text = texts.get("Description", "")
    job = _MIDJOURNEY_JOB.search(text)
    if job is None:
        return None
    options = dict(_MIDJOURNEY_OPTION.findall(text[: job.start()]))
    return _given(
        generator="Midjourney",
        prompt=text[: job.start()].strip(),
        job_id=job[1],
        version=options.get("v") or options.get("niji"),
        seed=options.get("seed"),
        author=texts.get("Author"),
    )


def _named(texts: Texts) -> Details | None:
    """A generator that only gives its name."""
    for place in ("Software", "Author", "Description", "Source", "Title", "comment", "Comment"):
        # A description may talk about a generator: it counts where it is hardly longer than the name.
        if (text := texts.get(place, "")) and len(text) <= 80 and _NAMED.search(text):
            return _given(generator=text, named_in=place)
    return None


_READERS: tuple[Callable[[Texts], Details | None], ...] = (
    _a1111,
    _fooocus,
    _swarmui,
    _comfyui,
    _invokeai,
    _novelai,
    _midjourney,
    _named,
)


def _json(text: object) -> Mapping[str, Any]:
    """The object that a text is; empty where it is none, too long or too deep."""
    if not isinstance(text, str) or not text.lstrip().startswith("{") or len(text) > JSON_BYTES:
        return {}
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _scalar(value: Any) -> Any:
    """Old InvokeAI files keep prompts in a list of objects."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        value = value[0].get("prompt")
    return value if isinstance(value, str | int | float) else None


def _given(**details: Any) -> Details:
    """What is said, one value each."""
    return {name: value for name, value in details.items() if isinstance(value, str | int | float) and value != ""}
