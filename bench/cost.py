"""What a picture costs with and without its evidence, item by item.

The functions that a scoring process and its decoder call, in this one thread: no queue, no database, and no pipe
between the two. "Without" is the same picture decoded, cut and scored by the same network with its logit alone.
"""

import contextlib
import hashlib
import json
import os
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np

from services.retrainer.data.pictures import LIMITS
from services.worker.scored import Decoded, picture, result_document
from services.worker.stability import look_again
from shared.decoding.decoder import Decoder, Prepared
from shared.domain.job import Claim, Lane
from shared.imaging.decode import decode
from shared.imaging.pdq import pdq
from shared.imaging.prepare import prepare
from shared.provenance.read import ProvenanceReader
from shared.scoring.evidence import quantise
from shared.scoring.picture import Score
from shared.scoring.session import Model

BASE = ("decode", "tiles", "logit")
DEFAULT = ("provenance", "PDQ", "embedding", "map", "domain", "answer")
"""What every result has. `map`: its output, stitching and quantising; `answer`: writing the evidence as JSON."""

ASKED = "stability"
"""What a job or a policy asks for."""

NOBODY = UUID(int=0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Models:
    """One network with all of its outputs, with logit and embedding, and with its logit alone."""

    whole: Model
    embedding: Model
    logit: Model


class Watch:
    """Seconds by name: of the processor and by the clock."""

    def __init__(self) -> None:
        self.spent: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        cpu, wall = time.process_time(), time.perf_counter()
        yield
        self.spent[name][0] += time.process_time() - cpu
        self.spent[name][1] += time.perf_counter() - wall


def cost(
    models: Models, decoder: Decoder, name: str, files: Sequence[bytes], lane: Lane, *, seconds: float
) -> dict[str, Any]:
    """The least of all rounds, in ms an image: what else runs on the machine only ever adds (as `timeit` says).

    Shares are of the processor time of the picture with its default evidence. With and without take turns.
    """
    reader = ProvenanceReader("")
    rounds: list[Mapping[str, Sequence[float]]] = []
    answers = _round(models, reader, files, lane, Watch(), turn=0)
    until = time.perf_counter() + seconds
    while not rounds or time.perf_counter() < until:
        watch = Watch()
        _round(models, reader, files, lane, watch, turn=len(rounds))
        rounds.append(watch.spent)
    spent = _by_item(rounds, len(files))
    spent[ASKED], stable = _stability(models.whole, decoder, files, lane, rounds=min(5, len(rounds)))
    whole = spent["with"]["cpu"]
    return {
        "pictures": name,
        "lane": lane.value,
        "bytes": sum(map(len, files)) // len(files),
        "rounds": len(rounds),
        "milliseconds": spent,
        "shares": {item: round(spent[item]["cpu"] / whole, 4) for item in (*BASE, *DEFAULT, ASKED) if item in spent},
        "share_of_evidence": round(1 - spent["without"]["cpu"] / whole, 4),
        "answer_bytes": {**answers, "stability": stable},
    }


def _round(
    models: Models, reader: ProvenanceReader, files: Sequence[bytes], lane: Lane, watch: Watch, *, turn: int
) -> dict[str, int]:
    """The bytes of an answer with its evidence and without."""
    sizes = {}
    for evidence in (True, False) if turn % 2 else (False, True):
        with watch.of("with" if evidence else "without"):
            items = [_decoded(models.whole, reader if evidence else None, file, lane, watch) for file in files]
            pictures = [picture(item) for item in items]
            with watch.of("whole" if evidence else "logit"):
                scores = (models.whole if evidence else models.logit).score_pictures(pictures)
            if evidence:
                _beside(models.whole, scores, lane, watch)
            with watch.of("answer" if evidence else "bare answer"):
                documents = [result_document(item, score) for item, score in zip(items, scores, strict=True)]
                sizes[evidence] = [
                    len(json.dumps(document if evidence else {**document, "evidence": {}})) for document in documents
                ]
    with watch.of("with embedding"):
        models.embedding.score_pictures(pictures)
    return {name: sum(sizes[evidence]) // len(files) for name, evidence in (("with", True), ("without", False))}


def _decoded(model: Model, reader: ProvenanceReader | None, file: bytes, lane: Lane, watch: Watch) -> Decoded:
    """As the decoder's process and its parent do it; without a reader, neither origin nor hash is looked at."""
    base = "" if reader else "bare "
    with watch.of(f"{base}decode"):
        found = decode(file, LIMITS)
    with watch.of(f"{base}tiles"):
        pixels = prepare(found.image, model.card.input, lane)
    findings, complete, fingerprint = [], True, None
    if reader:
        with watch.of("PDQ"):
            fingerprint = pdq(found.image)
        with watch.of("provenance"):
            parts = list(reader.read(file, found.format, found.width, found.height))
            findings, complete = [one for part, _ in parts for one in part], all(whole for _, whole in parts)
    prepared = Prepared(
        pixels=pixels,
        width=found.width,
        height=found.height,
        format=found.format,
        blank=False,
        fingerprint=fingerprint,  # type: ignore[arg-type]
        provenance=tuple(findings),
        provenance_complete=complete,
        provenance_seconds=0,
    )
    return Decoded(claim=_claim(file, lane), model=model, prepared=prepared, timings_ms={}, data=file)


def _beside(model: Model, scores: Sequence[Score], lane: Lane, watch: Watch) -> None:
    """What is made of a score's map and embedding."""
    with watch.of("quantise"):
        for score in scores:
            if score.evidence is not None:
                quantise(score.evidence, score.calibration)
    if domains := getattr(model, "domains", None):
        with watch.of("domain"):
            for score in scores:
                domains.view(score.embedding, lane, score.probability)


def _by_item(rounds: Sequence[Mapping[str, Sequence[float]]], count: int) -> dict[str, dict[str, float]]:
    """Outputs of the network are differences, for it gives all of them in one pass."""
    least = {name: np.min([each[name] for each in rounds], 0) * 1000 / count for name in rounds[0]}
    least["embedding"] = least["with embedding"] - least["logit"]
    least["map"] = least["whole"] - least["with embedding"] + least["quantise"]
    least["answer"] = least["answer"] - least["bare answer"]
    shown = [name for name in (*BASE, *DEFAULT, "with", "without") if name in least]
    return {name: _spent(least[name]) for name in shown}


def _spent(pair: Sequence[float]) -> dict[str, float]:
    return {"cpu": round(float(pair[0]), 3), "wall": round(float(pair[1]), 3)}


def _stability(
    model: Model, decoder: Decoder, files: Sequence[bytes], lane: Lane, *, rounds: int
) -> tuple[dict[str, float], int]:
    """Milliseconds an image, and bytes of its part of the answer; the forms are made by the decoder's process."""
    times, sizes = [], []
    for file in files:
        item = _decoded(model, None, file, lane, Watch())
        [score] = model.score_pictures([picture(item)])
        look_again(decoder, item, score)  # the first one starts the process
        for _ in range(rounds):
            cpu, wall = time.process_time() + _seconds_of_children(), time.perf_counter()
            stable = look_again(decoder, item, score)
            cpu, wall = time.process_time() + _seconds_of_children() - cpu, time.perf_counter() - wall
            times.append((1000 * cpu, 1000 * wall))
        sizes.append(len(json.dumps(stable.document())))
    # The mean, for the processor of the other process is counted in steps of 10 ms.
    return _spent(np.mean(times, 0).tolist()), sum(sizes) // len(sizes)


def _seconds_of_children() -> float:
    """Of the processor, by the processes that this one started; the kernel counts in hundredths."""
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # one that has ended meanwhile
            fields = path.read_text("ascii", "replace").rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12]) if int(fields[1]) == os.getpid() else 0
    return ticks / os.sysconf("SC_CLK_TCK")


def _claim(file: bytes, lane: Lane) -> Claim:
    return Claim(
        id=NOBODY,
        tenant_id=NOBODY,
        fence=1,
        failures=0,
        suspect=False,
        lane=lane,
        sha256=hashlib.sha256(file).digest(),
        url=None,
        reference_index=None,
        evidence="basic",
        policy_version=1,
        policy={},
    )
