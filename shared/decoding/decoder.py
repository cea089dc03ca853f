"""Decoding in a process that may die: one hostile or unlucky image costs itself and no other.

The scoring process cannot limit its own address space (the model would be strangled) and, as a daemonic
Celery pool child, cannot use multiprocessing; so it starts `shared.decoding.decoder_process` and keeps it.
"""

import contextlib
import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import numpy as np
import structlog
from numpy.typing import NDArray

from shared.decoding import frames
from shared.domain.fingerprint import Fingerprint
from shared.domain.job import REASONS, Lane
from shared.domain.model_card import InputSpec
from shared.domain.provenance import MOST_FINDINGS, Finding, strongest
from shared.domain.tiles import plan
from shared.errors import DecoderDied, ImageRefused, Outage
from shared.imaging.blank import is_blank
from shared.imaging.formats import Format
from shared.imaging.limits import Limits
from shared.imaging.pdq import pdq_of_reduced
from shared.imaging.reduced import SIDE
from shared.imaging.reencode import NAMES

IMAGES_PER_PROCESS = 2000
"""After so many a fresh process takes over, which bounds what a codec may leak."""

FINDINGS_BYTES = 512 << 10
"""Most of one message with findings: as many as are kept, each with details of its full length, fit."""

START_SECONDS = 30
EXIT_SECONDS = 1

_ROOT = Path(__file__).parents[2]
# All else stays behind: settings and their secrets are no business of a codec.
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONPATH")

_log = structlog.get_logger("decoder")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Prepared:
    """`pixels` is uint8 [T, spec height, spec width, 3], the tiles in the order of `tiles.plan`.

    `width` and `height` are the picture's own, upright. `blank`: hardly anything is on it. `fingerprint` tells it again
    in another form. `provenance` is what the file says of its origin; `provenance_complete` is False where a limit, a
    death or the clock ended the reading.
    """

    pixels: NDArray[np.uint8]
    width: int
    height: int
    format: Format
    blank: bool
    fingerprint: Fingerprint
    provenance: tuple[Finding, ...]
    provenance_complete: bool
    provenance_seconds: float


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Reencoded:
    """A re-encoding by its name, as model input: `pixels` as in `Prepared`, of `width` × `height` px."""

    name: str
    pixels: NDArray[np.uint8]
    width: int
    height: int


class Decoder:
    """Starts its process at the first image, or before. For one thread, which outlives it and closes it."""

    def __init__(self, limits: Limits, seconds: float, memory_bytes: int, trust_anchors: str = "") -> None:
        """`seconds` of wall clock and of processor time for an image, `memory_bytes` of address space.

        `trust_anchors`: certificates in PEM of those whose C2PA signatures are trusted.
        """
        self._trust_anchors = trust_anchors.encode()
        self._seconds = seconds
        self._settings = {**dataclasses.asdict(limits), "seconds": seconds, "memory_bytes": memory_bytes}
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._images = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process, whatever it does. A process forked from ours only lets go of its copies."""
        process, self._process = self._process, None
        if process is not None:
            _end(process)

    def start(self) -> None:
        """Start the process unless it runs, so that the first image need not wait; raises Outage."""
        with self._ended_unless_whole():
            self._ready()

    def decode(self, data: bytes, spec: InputSpec, lane: Lane = Lane.INTERACTIVE) -> Prepared:
        """Bytes of an image file → model input, by the views of `lane`.

        Raises ImageRefused (permanent), DecoderDied (the image killed the process, or took too long or too
        much memory) or Outage (the process cannot be started; the image is not to blame).
        """
        with self._ended_unless_whole():
            process = self._ready()
            self._images += 1
            return self._exchange(process, data, spec, lane)

    def reencode(self, data: bytes, spec: InputSpec, lane: Lane, seed: int) -> list[Reencoded]:
        """Bytes of an image file that was decoded before → its re-encodings, drawn by `seed`, as model input.

        Raises DecoderDied where they took too long or too much memory, and Outage.
        """
        with self._ended_unless_whole():
            process = self._ready()
            self._images += 1
            deadline = time.monotonic() + self._seconds
            requests, replies = _pipes(process)
            try:
                frames.send(
                    requests, {"input": spec.document(), "lane": lane, "reencode": seed}, data, deadline=deadline
                )
                return list(_reencodings(replies, spec, lane, deadline))
            except TimeoutError as exc:
                raise DecoderDied("decoder_died", f"It took longer than {self._seconds:g} s.") from exc
            except (EOFError, BrokenPipeError) as exc:
                raise DecoderDied("decoder_died", _obituary(process)) from exc

    @contextlib.contextmanager
    def _ended_unless_whole(self) -> Iterator[None]:
        """Whatever interrupts an exchange, the next image must not be given this one's answer."""
        try:
            yield
        except ImageRefused:
            raise
        except BaseException:
            self.close()
            raise

    def _ready(self) -> subprocess.Popen[bytes]:
        if self._process is not None and not self._usable(self._process):
            self.close()
        return self._process or self._start()

    def _usable(self, process: subprocess.Popen[bytes]) -> bool:
        return self._owner == os.getpid() and self._images < IMAGES_PER_PROCESS and process.poll() is None

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-P", "-m", "shared.decoding.decoder_process", json.dumps(self._settings)]
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, env=_environment()
            )
        except OSError as exc:
            raise Outage("decoder", f"its process cannot be started: {exc}") from exc
        self._process, self._owner, self._images = process, os.getpid(), 0
        requests, replies = _pipes(process)
        os.set_blocking(requests, False)
        os.set_blocking(replies, False)
        deadline = time.monotonic() + START_SECONDS
        try:
            frames.send(requests, {}, self._trust_anchors, deadline=deadline)
            ready, _ = frames.receive(replies, max_body=0, deadline=deadline)
        except (OSError, EOFError, ValueError) as exc:
            raise Outage("decoder", f"its process did not come up: {exc}") from exc
        _log.info("decoder_started", pid=process.pid, network_isolated=ready["network_isolated"])
        return process

    def _exchange(self, process: subprocess.Popen[bytes], data: bytes, spec: InputSpec, lane: Lane) -> Prepared:
        deadline = time.monotonic() + self._seconds
        requests, replies = _pipes(process)
        try:
            frames.send(requests, {"input": spec.document(), "lane": lane}, data, deadline=deadline)
            most = spec.most_tiles(lane) * spec.height * spec.width * 3 + SIDE * SIDE
            reply, pixels = frames.receive(replies, max_body=most, deadline=deadline)
        except TimeoutError as exc:
            raise DecoderDied("decoder_died", f"It took longer than {self._seconds:g} s.") from exc
        except (EOFError, BrokenPipeError) as exc:
            raise DecoderDied("decoder_died", _obituary(process)) from exc
        if "out_of_memory" in reply:
            raise DecoderDied("decoder_died", "It needed more memory than a decoder may use.")
        if "refused" in reply and reply["refused"] not in REASONS:
            raise DecoderDied("decoder_died", "The decoder answered what no decoder answers.")
        if "refused" in reply:
            raise ImageRefused(reply["refused"], reply["detail"])
        tiles = len(plan(reply["width"], reply["height"], spec, lane))
        # Only pixels cross over: what is done with those here, no file can steer.
        shaped = np.frombuffer(pixels, np.uint8)[: -SIDE * SIDE].reshape(tiles, spec.height, spec.width, 3)
        grey = pixels[-SIDE * SIDE :]
        blank, fingerprint = is_blank(grey, shaped), pdq_of_reduced(grey)
        started = time.monotonic()
        provenance, complete = self._provenance(replies, deadline)
        return Prepared(
            pixels=shaped,
            width=reply["width"],
            height=reply["height"],
            format=Format(reply["format"]),
            blank=blank,
            fingerprint=fingerprint,
            provenance=strongest(provenance),
            provenance_complete=complete and len(provenance) <= MOST_FINDINGS,
            provenance_seconds=time.monotonic() - started,
        )

    def _provenance(self, replies: int, deadline: float) -> tuple[list[Finding], bool]:
        """What the file says of its origin, and whether all was read.

        A file that kills the process here costs its own findings and no score: the pixels are here already.
        """
        findings: list[Finding] = []
        try:
            while True:
                header, body = frames.receive(replies, max_body=FINDINGS_BYTES, deadline=deadline)
                if header["last"]:
                    return findings, header["complete"] is True
                findings += _findings(body, most=2 * MOST_FINDINGS - len(findings))
        except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as exc:
            _log.warning("provenance_unread", error=type(exc).__name__)
            self.close()
            return findings, False


def _reencodings(replies: int, spec: InputSpec, lane: Lane, deadline: float) -> Iterator[Reencoded]:
    most = spec.most_tiles(lane) * spec.height * spec.width * 3
    for _ in range(len(NAMES) + 1):
        header, body = frames.receive(replies, max_body=most, deadline=deadline)
        if header["last"]:
            if header["complete"] is not True:
                raise DecoderDied("decoder_died", "It needed more memory than a decoder may use.")
            return
        width, height = header["width"], header["height"]
        shape = (len(plan(width, height, spec, lane)), spec.height, spec.width, 3)
        yield Reencoded(
            name=header["name"], pixels=np.frombuffer(body, np.uint8).reshape(shape), width=width, height=height
        )
    raise DecoderDied("decoder_died", "The decoder answered what no decoder answers.")


def _findings(body: bytearray, most: int) -> list[Finding]:
    """Raises ValueError for more of them than any file has."""
    documents = json.loads(body)
    if len(documents) > most:
        raise ValueError(f"{len(documents)} findings are more than are made")
    return [Finding.from_document(document) for document in documents]


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return {**kept, "PYTHONPATH": os.pathsep.join(filter(None, (str(_ROOT), kept.get("PYTHONPATH"))))}


def _pipes(process: subprocess.Popen[bytes]) -> tuple[int, int]:
    """Our ends: requests go into the first, replies come out of the second."""
    assert process.stdin is not None
    assert process.stdout is not None
    return process.stdin.fileno(), process.stdout.fileno()


def _end(process: subprocess.Popen[bytes]) -> None:
    with process:  # closes the pipes and waits
        process.kill()


def _obituary(process: subprocess.Popen[bytes]) -> str:
    try:
        code = process.wait(EXIT_SECONDS)
    except subprocess.TimeoutExpired:
        return "The decoder fell silent."
    cause = signal.strsignal(-code) if code < 0 else f"exit code {code}"
    return f"The decoder stopped: {cause}."
