"""Each input through the header check of the API and through the decoder's process as workers use it."""

import contextlib
import io
import json
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from shared import scoring
from shared.config import Settings
from shared.decoding.decoder import Decoder, Prepared
from shared.domain.model_card import InputSpec
from shared.errors import DecoderDied, ImageRefused
from shared.imaging.header import check_header, read_header
from shared.imaging.limits import Limits
from tests.corpus.seeds import seeds

REFUSALS = frozenset({"undecodable", "unsupported_format", "too_many_pixels"})
"""The reasons that a file itself can give; docs/reference/errors.md says what each means."""

HEADER_SECONDS = 1.0
GRACE_SECONDS = 2.0
"""Beyond the decoder's own limit: to notice, to end the process and to start the next."""

EVERY = 200
"""After so many inputs, and after each death, a sound picture must come out as it always does."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """The limits of a worker; by default those of an installation nobody has configured."""

    max_pixels: int = Settings.model_fields["max_pixels"].default
    max_side: int = Settings.model_fields["max_side"].default
    seconds: float = Settings.model_fields["decoder_seconds"].default
    memory_bytes: int = Settings.model_fields["decoder_memory_bytes"].default

    @property
    def limits(self) -> Limits:
        return Limits(max_pixels=self.max_pixels, max_side=self.max_side)


@dataclass(kw_only=True, slots=True)
class Report:
    """`slowest`, `largest` and `slowest_header` are (figure, name): seconds, resident bytes, seconds.

    `largest` is of decoders that lived on; the dead were within their address space, which the system bounds.
    """

    inputs: int = 0
    decoded: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    header: Counter[str] = field(default_factory=Counter)
    deaths: list[tuple[str, str]] = field(default_factory=list)
    stricter: list[str] = field(default_factory=list)
    breaches: list[str] = field(default_factory=list)
    slowest: tuple[float, str] = (0, "")
    slowest_header: tuple[float, str] = (0, "")
    largest: tuple[int, str] = (0, "")
    seconds: float = 0

    def document(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def run(inputs: Iterable[tuple[str, bytes]], setting: Setting | None = None) -> Report:
    """Every breach of a promise is a line in the report's `breaches`; none raises."""
    setting = setting or Setting()
    report, began = Report(), time.perf_counter()
    with Decoder(setting.limits, setting.seconds, setting.memory_bytes) as decoder:
        trial = _Trial(decoder, setting, report)
        for name, data in inputs:
            trial.put(name, data)
        trial.expect_a_sound_picture("the last input")
    report.seconds = time.perf_counter() - began
    return report


class _Trial:
    def __init__(self, decoder: Decoder, setting: Setting, report: Report) -> None:
        self._decoder, self._setting, self._report = decoder, setting, report
        card = json.loads((scoring.shipped()[-1] / "card.json").read_text(encoding="utf-8"))
        self._spec = InputSpec.from_document(card["input"])
        self._sound = seeds()["png colour"][1]
        self._expected = decoder.decode(self._sound, self._spec).pixels

    def put(self, name: str, data: bytes) -> None:
        report = self._report
        report.inputs += 1
        door = self._door(name, data)
        report.header[door] += 1
        outcome = self._decode(name, data)
        if outcome == "decoded" and door != "accepted":
            report.stricter.append(f"{name}: {door} at the door, and yet it decodes")
        if outcome == "died" or report.inputs % EVERY == 0:
            self.expect_a_sound_picture(name)

    def _door(self, name: str, data: bytes) -> str:
        began = time.perf_counter()
        try:
            check_header(read_header(io.BytesIO(data)), self._setting.max_pixels, self._setting.max_side)
            said = "accepted"
        except ImageRefused as refusal:
            said = refusal.reason
            if said not in REFUSALS:
                self._report.breaches.append(f"{name}: the header check says {said}")
        except BaseException as exc:  # noqa: BLE001 - whatever it is, it is a breach
            said = "breach"
            self._report.breaches.append(f"{name}: the header check raises {exc!r}")
        seconds = time.perf_counter() - began
        self._report.slowest_header = max(self._report.slowest_header, (seconds, name))
        if seconds > HEADER_SECONDS:
            self._report.breaches.append(f"{name}: the header check takes {seconds:.1f} s")
        return said

    def _decode(self, name: str, data: bytes) -> str:
        report, began = self._report, time.perf_counter()
        self._forget_the_peak()
        try:
            prepared = self._decoder.decode(data, self._spec)
        except ImageRefused as refusal:
            outcome = "refused"
            report.refused[refusal.reason] += 1
            if refusal.reason not in REFUSALS or not refusal.detail.endswith("."):
                report.breaches.append(f"{name}: the decoder says {refusal}")
        except DecoderDied as death:
            outcome = "died"
            report.deaths.append((name, death.detail))
        except Exception as exc:  # noqa: BLE001 - whatever it is, it is a breach
            outcome = "breach"
            report.breaches.append(f"{name}: the decoder raises {exc!r}")
        else:
            outcome = "decoded"
            report.decoded += 1
            report.breaches += [f"{name}: {wrong}" for wrong in self._wrongs(prepared)]
        self._measure(name, time.perf_counter() - began)
        return outcome

    def _wrongs(self, prepared: Prepared) -> Iterable[str]:
        try:
            self._setting.limits.check(prepared.width, prepared.height)
        except ImageRefused as refusal:
            yield f"decoded beyond the limits: {refusal.detail}"
        if min(prepared.width, prepared.height) < 1 or prepared.pixels.dtype != np.uint8:
            yield "decoded to no picture"

    def _measure(self, name: str, seconds: float) -> None:
        self._report.slowest = max(self._report.slowest, (seconds, name))
        if seconds > self._setting.seconds + GRACE_SECONDS:
            self._report.breaches.append(f"{name}: it takes {seconds:.1f} s")
        if pid := self._pid():
            peak = int(Path(f"/proc/{pid}/status").read_text("ascii").split("VmHWM:")[1].split()[0]) << 10
            self._report.largest = max(self._report.largest, (peak, name))

    def _pid(self) -> int | None:
        process = self._decoder._process
        return process.pid if process is not None and process.poll() is None else None

    def _forget_the_peak(self) -> None:
        """Start the high-water mark of resident memory anew (proc(5), clear_refs), where that is allowed."""
        if pid := self._pid():
            with contextlib.suppress(OSError):
                Path(f"/proc/{pid}/clear_refs").write_text("5", "ascii")

    def expect_a_sound_picture(self, after: str) -> None:
        try:
            pixels = self._decoder.decode(self._sound, self._spec).pixels
        except Exception as exc:  # noqa: BLE001 - whatever it is, it is a breach
            self._report.breaches.append(f"after {after}, a sound picture raises {exc!r}")
        else:
            if not np.array_equal(pixels, self._expected):
                self._report.breaches.append(f"after {after}, a sound picture has other pixels")
