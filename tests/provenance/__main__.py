"""`make provenance`: what the crafted files say, and what reading it costs beside decoding and scoring."""

import io
import json
import statistics
import time
from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image, ImageFilter
from rich.console import Console
from rich.table import Table

from bench.pictures import photographs
from shared import scoring
from shared.decoding.decoder import Decoder
from shared.domain.job import Lane
from shared.imaging.decode import decode
from shared.provenance.c2pa import ManifestReader
from shared.provenance.carried import carried
from shared.provenance.read import ProvenanceReader, embedded
from shared.scoring.picture import Picture
from shared.scoring.session import Model
from tests.provenance.authority import TRAINED, action, sign, trusted_signer
from tests.provenance.containers import camera
from tests.provenance.generator_cases import A1111, COMFY_PROMPT
from tests.provenance.table import cases
from tests.unit.shared.imaging.pictures import LIMITS

ROUNDS = 21


def main() -> None:
    console = Console(width=132)  # a pipe has 80 columns, too few for nine
    console.print(_found())
    console.print(_costs())


def _found() -> Table:
    table = Table("file", "found", "as expected", title="Crafted files")
    reader = ProvenanceReader(trusted_signer().root)
    for case in cases():
        decoded = decode(case.data, LIMITS)
        parts = reader.read(case.data, decoded.format, decoded.width, decoded.height)
        found = [(each.kind.value, each.claim.value, each.strength.value) for part, _ in parts for each in part]
        shown = ", ".join(" ".join(each) for each in found) or "nothing"
        table.add_row(case.name, shown, "yes" if found == case.found else "NO")
    return table


def _costs() -> Table:
    """Medians, by the clock. `all` is what the worker waits for; the share is of decoding, all of it and scoring."""
    headings = ("file", "bytes", "walk", "EXIF, XMP, texts", "manifest", "all", "decode", "score", "share")
    table = Table(*headings, title="Milliseconds an image")
    model = Model.load(scoring.shipped()[-1], provider="cpu", threads=1)
    manifests = ManifestReader(trusted_signer().root)
    with Decoder(LIMITS, 60, 2 << 30, trust_anchors=trusted_signer().root) as decoder:
        for name, data in _files():
            decoded = decode(data, LIMITS)
            blocks = carried(data, decoded.format)
            walk = _median(lambda data=data, form=decoded.format: carried(data, form))
            read = _median(lambda blocks=blocks, one=decoded: embedded(blocks, one.width, one.height))
            manifest = 0.0
            if blocks.manifest:
                manifest = _median(lambda data=data, form=decoded.format: manifests.findings(data, form, ""))
            times = [_through(decoder, model, data) for _ in range(ROUNDS)]
            everything, decoding, score = (statistics.median(column) for column in zip(*times, strict=True))
            share = everything / (everything + decoding + score)
            cells = [walk, read, manifest, everything, decoding, score]
            table.add_row(name, f"{len(data):,}", *(f"{cell:.2f}" for cell in cells), f"{100 * share:.1f} %")
    return table


def _through(decoder: Decoder, model: Model, data: bytes) -> tuple[float, float, float]:
    """Milliseconds of provenance, decoding and scoring, as the worker goes through them."""
    started = time.perf_counter()
    prepared = decoder.decode(data, model.card.input, Lane.BULK)
    decoded = time.perf_counter()
    picture = Picture(pixels=prepared.pixels, width=prepared.width, height=prepared.height, lane=Lane.BULK)
    model.score_pictures([picture])
    scored = time.perf_counter()
    provenance = prepared.provenance_seconds
    return 1000 * provenance, 1000 * (decoded - started - provenance), 1000 * (scored - decoded)


def _median(work: Callable[[], object]) -> float:
    """Milliseconds."""
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - started))
    return statistics.median(times)


def _files() -> Iterator[tuple[str, bytes]]:
    small = photographs(1)[0]
    large = _large()
    yield "512 px JPEG, nothing", small
    yield "512 px JPEG, camera", _with_exif(small)
    yield "12 MP JPEG, camera", _with_exif(large)
    yield "1,024 px PNG, A1111", _png(1024, parameters=A1111)
    nodes = json.loads(COMFY_PROMPT)
    many = json.dumps({str(number): nodes["3"] for number in range(500)} | nodes)
    workflow = json.dumps({"nodes": [{"id": number, "widgets_values": ["x" * 200]} for number in range(500)]})
    yield "1,024 px PNG, ComfyUI, 500 nodes", _png(1024, prompt=many, workflow=workflow)
    made = action("c2pa.created", TRAINED)
    yield "512 px JPEG, signed", sign(small, "image/jpeg", made)
    yield "12 MP JPEG, signed", sign(large, "image/jpeg", made)
    yield "1,024 px PNG, signed", sign(_png(1024), "image/png", made)


def _with_exif(data: bytes) -> bytes:
    block = b"Exif\0\0" + camera()
    return data[:2] + b"\xff\xe1" + (len(block) + 2).to_bytes(2, "big") + block + data[2:]


def _picture(width: int, height: int) -> Image.Image:
    values = np.random.default_rng(1).integers(0, 256, (height // 8, width // 8, 3), np.uint8)
    return Image.fromarray(values).resize((width, height), Image.Resampling.BICUBIC).filter(ImageFilter.SHARPEN)


def _large() -> bytes:
    file = io.BytesIO()
    _picture(4000, 3000).save(file, "JPEG", quality=90)
    return file.getvalue()


def _png(side: int, **texts: str) -> bytes:
    from PIL.PngImagePlugin import PngInfo

    info, file = PngInfo(), io.BytesIO()
    for keyword, value in texts.items():
        info.add_text(keyword, value)
    _picture(side, side).save(file, "PNG", pnginfo=info)
    return file.getvalue()


if __name__ == "__main__":
    main()
