import dataclasses
import fcntl
import json
import os
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from structlog.testing import capture_logs

from shared.decoding import decoder as module
from shared.decoding.decoder import Decoder
from shared.domain.job import Lane
from shared.domain.model_card import InputSpec, View
from shared.errors import DecoderDied, ImageRefused, Outage
from shared.imaging.decode import decode
from shared.imaging.formats import Format
from shared.imaging.limits import Limits
from shared.imaging.pdq import pdq
from shared.imaging.prepare import prepare
from tests.provenance.authority import TRAINED, action, sign, trusted_signer
from tests.provenance.containers import camera, jpeg, jpeg_exif, source_type
from tests.provenance.table import cases
from tests.unit.shared.imaging.pictures import LIMITS, encode, encode_as, noise, png, quadrants

SPEC = InputSpec(width=32, height=24)
MEMORY = 1 << 30
ROOT = Path(__file__).parents[4]


@pytest.fixture
def decoder():
    with Decoder(LIMITS, seconds=30, memory_bytes=MEMORY) as started:
        yield started


def pid_of(decoder: Decoder) -> int:
    """The process, started by a first picture where there was none."""
    decoder.decode(encode(noise(), "PNG"), SPEC)
    return decoder._process.pid


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.002)


def unread_bytes(pid: int) -> int:
    """What lies in the pipes of a process, written to it and not yet read."""
    total = 0
    for link in Path(f"/proc/{pid}/fd").iterdir():
        if str(link.readlink()).startswith("pipe:"):
            fd = os.open(link, os.O_RDONLY | os.O_NONBLOCK)
            total += struct.unpack("i", fcntl.ioctl(fd, termios.FIONREAD, bytes(4)))[0]
            os.close(fd)
    return total


# Pictures


@pytest.mark.parametrize("image_format", Format)
@pytest.mark.parametrize("resample", ["nearest", "bicubic"])
def test_pixels_are_those_of_decoding_in_process(decoder, image_format, resample):
    data = encode_as(image_format, noise(100, 80))
    spec = dataclasses.replace(SPEC, resample=resample)
    prepared = decoder.decode(data, spec)

    assert np.array_equal(prepared.pixels, prepare(decode(data, LIMITS).image, spec))
    assert prepared.pixels.dtype == np.uint8
    assert (prepared.width, prepared.height, prepared.format) == (100, 80, image_format)


@pytest.mark.parametrize("image_format", Format)
def test_the_perceptual_hash_is_that_of_hashing_in_process(decoder, image_format):
    data = encode_as(image_format, noise(300, 80))

    assert decoder.decode(data, SPEC).fingerprint == pdq(decode(data, LIMITS).image)


@pytest.mark.parametrize(("lane", "tiles"), [(Lane.BULK, 2), (Lane.INTERACTIVE, 10)])
@pytest.mark.parametrize("size", [(300, 200), (20, 10)])
def test_the_tiles_of_a_lane_are_those_cut_in_process(decoder, lane, tiles, size):
    views = {
        Lane.BULK: [View(short_side=100, crops=2)],
        Lane.INTERACTIVE: [View(short_side=None, crops=9), View(short_side=100, crops=1)],
    }
    spec = dataclasses.replace(SPEC, views=views)
    data = encode(noise(*size), "PNG")
    prepared = decoder.decode(data, spec, lane)

    assert np.array_equal(prepared.pixels, prepare(decode(data, LIMITS).image, spec, lane))
    assert len(prepared.pixels) == (tiles if size == (300, 200) else 1)
    assert (prepared.width, prepared.height) == size


def test_a_decoder_that_answers_with_other_tiles_than_planned_is_not_believed(decoder, monkeypatch):
    monkeypatch.setattr(module, "plan", lambda *_: range(2))
    with pytest.raises(ValueError, match="reshape"):
        decoder.decode(encode(noise(), "PNG"), SPEC)


def test_sides_are_those_of_the_upright_picture(decoder):
    exif = Image.Exif()
    exif[0x0112] = 8
    prepared = decoder.decode(encode(quadrants(), "JPEG", exif=exif), SPEC)

    assert (prepared.width, prepared.height) == (64, 96)


def test_25_megabytes_go_through(decoder):
    data = encode(quadrants(), "JPEG")
    prepared = decoder.decode(data.ljust(25_000_000, b"\0"), SPEC)

    assert np.array_equal(prepared.pixels, decoder.decode(data, SPEC).pixels)


def test_a_large_input_comes_back(decoder):
    spec = InputSpec(width=2048, height=2048)

    assert decoder.decode(encode(quadrants(), "PNG"), spec).pixels.shape == (1, 2048, 2048, 3)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"plain text", "unsupported_format"),
        (b"", "unsupported_format"),
        (encode(noise(), "JPEG")[:900], "undecodable"),
        (png(60_000, 60_000, depth=8, colour=2, rows=[b""]), "too_many_pixels"),
    ],
)
def test_a_refusal_is_the_same_as_in_process_and_costs_no_process(decoder, data, reason):
    pid = pid_of(decoder)
    with pytest.raises(ImageRefused) as refusal:
        decoder.decode(data, SPEC)
    with pytest.raises(ImageRefused) as in_process:
        decode(data, LIMITS)

    assert refusal.value.reason == reason
    assert str(refusal.value) == str(in_process.value)
    assert pid_of(decoder) == pid


def test_the_limits_are_those_given():
    with (
        Decoder(Limits(max_pixels=100, max_side=100), seconds=30, memory_bytes=MEMORY) as decoder,
        pytest.raises(ImageRefused, match="too_many_pixels"),
    ):
        decoder.decode(encode(noise(), "PNG"), SPEC)


# Deaths


def test_a_process_killed_in_mid_picture_costs_that_picture_only(decoder):
    pid = pid_of(decoder)
    os.kill(pid, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as pool:
        decoding = pool.submit(decoder.decode, encode(noise(), "PNG"), SPEC)
        wait_until(lambda: unread_bytes(pid) > 0)
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(DecoderDied, match=r"decoder_died: The decoder stopped: Killed\.") as death:
            decoding.result()

    assert death.value.reason == "decoder_died"
    assert decoder.decode(encode(noise(), "PNG"), SPEC).width == 64


def test_a_process_killed_while_it_waits_costs_nothing(decoder):
    pid = pid_of(decoder)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z")

    assert pid_of(decoder) != pid


@pytest.mark.parametrize("megabytes", [0.1, 10])
def test_a_process_too_slow_is_ended(megabytes):
    with Decoder(LIMITS, seconds=0.5, memory_bytes=MEMORY) as decoder:
        pid = pid_of(decoder)
        os.kill(pid, signal.SIGSTOP)
        started = time.monotonic()
        with pytest.raises(DecoderDied, match=r"It took longer than 0\.5 s"):
            decoder.decode(encode(noise(), "PNG") + bytes(int(megabytes * 1e6)), SPEC)

        assert time.monotonic() - started < 5
        assert not Path(f"/proc/{pid}").exists()
        assert pid_of(decoder) != pid


def test_a_picture_that_needs_too_much_memory_costs_that_picture_only():
    bomb = png(8000, 8000, depth=1, colour=0, rows=[bytes(1000)] * 8000)
    with Decoder(LIMITS, seconds=30, memory_bytes=256 << 20) as decoder:
        with pytest.raises(DecoderDied, match="more memory"):
            decoder.decode(bomb, SPEC)
        assert decoder.decode(encode(noise(), "PNG"), SPEC).width == 64
    with Decoder(LIMITS, seconds=30, memory_bytes=MEMORY) as decoder:
        assert decoder.decode(bomb, SPEC).width == 8000


def test_a_refusal_for_a_reason_that_does_not_exist_counts_as_a_death(decoder, monkeypatch, tmp_path):
    liar = tmp_path / "python"
    liar.write_text(
        f"#!{sys.executable}\n"
        "from shared.decoding import frames\n"
        "frames.send(1, {'network_isolated': True})\n"
        "frames.receive(0)\n"
        "frames.send(1, {'refused': 'dislike', 'detail': ''})\n"
        "frames.receive(0)\n"
    )
    liar.chmod(0o700)
    with monkeypatch.context() as patched, pytest.raises(DecoderDied, match="what no decoder answers"):
        patched.setattr(sys, "executable", str(liar))
        decoder.decode(encode(noise(), "PNG"), SPEC)

    assert decoder.decode(encode(noise(), "PNG"), SPEC).width == 64


class Interruption(Exception):
    pass


def test_an_interrupted_picture_leaves_no_answer_for_the_next(decoder):
    def interrupt(*_):
        raise Interruption

    pid = pid_of(decoder)
    os.kill(pid, signal.SIGSTOP)
    earlier = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    try:
        with pytest.raises(Interruption):
            decoder.decode(encode(noise(50, 50), "PNG"), SPEC)
    finally:
        signal.signal(signal.SIGALRM, earlier)

    assert decoder.decode(encode(noise(70, 70), "PNG"), SPEC).width == 70


def test_a_process_that_cannot_be_started_is_no_fault_of_the_picture(decoder, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    with pytest.raises(Outage, match="cannot be started"):
        decoder.decode(encode(noise(), "PNG"), SPEC)


def test_a_process_that_does_not_come_up_is_no_fault_of_the_picture(decoder, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(Outage, match="did not come up"):
        decoder.decode(encode(noise(), "PNG"), SPEC)


# The process


def test_it_can_be_started_before_the_first_picture(decoder):
    decoder.start()
    started = decoder._process.pid
    decoder.start()

    assert pid_of(decoder) == started


def test_a_start_that_failed_is_tried_again(decoder, monkeypatch):
    with monkeypatch.context() as patched, pytest.raises(Outage):
        patched.setattr(sys, "executable", "/bin/false")
        decoder.start()

    assert decoder.decode(encode(noise(), "PNG"), SPEC).width == 64


def test_one_process_serves_many_pictures(decoder):
    assert len({pid_of(decoder) for _ in range(50)}) == 1


def test_a_fresh_process_takes_over_in_time(decoder, monkeypatch):
    monkeypatch.setattr(module, "IMAGES_PER_PROCESS", 3)
    pids = [pid_of(decoder) for _ in range(6)]

    assert pids[:3] == [pids[0]] * 3
    assert pids[3:] == [pids[3]] * 3
    assert pids[0] != pids[3]


def test_closing_ends_the_process(decoder):
    pid = pid_of(decoder)
    decoder.close()

    assert not Path(f"/proc/{pid}").exists()
    assert pid_of(decoder) != pid


def test_it_inherits_no_secret(decoder, monkeypatch):
    monkeypatch.setenv("JINWI_S3_SECRET_KEY", "wonderland")
    environment = Path(f"/proc/{pid_of(decoder)}/environ").read_bytes()

    assert b"PATH=" in environment
    assert b"wonderland" not in environment
    assert b"JINWI" not in environment


def test_it_is_bounded(decoder):
    pid = pid_of(decoder)
    limits = {line[:26].strip(): line[26:].split()[:2] for line in Path(f"/proc/{pid}/limits").read_text().splitlines()}

    assert limits["Max address space"] == [str(MEMORY)] * 2
    assert limits["Max core file size"] == ["0", "0"]
    assert 0 < int(limits["Max file size"][1]) - os.fstat(2).st_size <= 64 << 20
    assert int(limits["Max open files"][1]) <= 32
    assert 30 < int(limits["Max cpu time"][0]) < 60
    assert Path(f"/proc/{pid}/oom_score_adj").read_text() == "1000\n"


def test_its_last_words_reach_a_log_file_however_long(tmp_path):
    settings = json.dumps({**dataclasses.asdict(LIMITS), "seconds": 30, "memory_bytes": MEMORY})
    with (tmp_path / "worker.log").open("a+b") as log:
        log.truncate(100 << 20)
        command = [sys.executable, "-m", "shared.decoding.decoder_process", settings]
        not_json = struct.pack(">II", 4, 0) + b"{..}"
        done = subprocess.run(command, cwd=ROOT, input=not_json, stdout=subprocess.PIPE, stderr=log, check=False)
        log.seek(100 << 20)

        assert done.returncode == 1
        assert b"JSONDecodeError" in log.read()


def test_what_a_codec_prints_does_not_reach_the_pipes(decoder):
    pid = pid_of(decoder)
    ends = {fd: Path(f"/proc/{pid}/fd/{fd}").readlink() for fd in (0, 1, 2)}

    assert ends[0] == Path(os.devnull)
    assert ends[1] == ends[2]


def test_it_says_whether_it_has_a_network(decoder):
    with capture_logs() as logs:
        pid = pid_of(decoder)
    isolated = Path(f"/proc/{pid}/ns/net").readlink() != Path("/proc/self/ns/net").readlink()

    assert [entry["network_isolated"] for entry in logs if entry["event"] == "decoder_started"] == [isolated]


def test_it_carries_no_numpy(decoder):
    libraries = Path(f"/proc/{pid_of(decoder)}/maps").read_text()

    assert "_imaging" in libraries
    assert "numpy" not in libraries


def test_polite_signals_do_not_stop_it(decoder):
    pid = pid_of(decoder)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        os.kill(pid, number)

    assert pid_of(decoder) == pid


def test_it_dies_with_its_parent():
    code = (
        "import os, signal\n"
        "from tests.unit.shared.decoding.test_decoder import *\n"
        "decoder = Decoder(LIMITS, seconds=30, memory_bytes=MEMORY)\n"
        "print(pid_of(decoder), flush=True)\n"
        "os.kill(pid_of(decoder), signal.SIGSTOP)\n"  # so that it cannot see its input end
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    command = [sys.executable, "-c", code]
    parent = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    pid = int(parent.stdout.splitlines()[-1])

    assert parent.returncode == -signal.SIGKILL
    wait_until(lambda: not Path(f"/proc/{pid}").exists() or "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text())


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_process_starts_one_of_its_own(decoder):
    ours = pid_of(decoder)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, str(pid_of(decoder)).encode())
        decoder.close()
        os._exit(0)
    os.waitpid(child, 0)
    theirs = int(os.read(reader, 100))
    os.close(reader)
    os.close(writer)

    assert theirs != ours
    assert pid_of(decoder) == ours


# Provenance


def test_findings_come_with_the_pixels_from_the_same_guarded_process():
    signer = trusted_signer()
    data = sign(encode(noise(), "JPEG"), "image/jpeg", action("c2pa.created", TRAINED))
    with Decoder(LIMITS, seconds=30, memory_bytes=MEMORY, trust_anchors=signer.root) as decoder:
        prepared = decoder.decode(data, SPEC)
        assert decoder._process.pid == pid_of(decoder)

    assert [(each.kind, each.claim, each.strength) for each in prepared.provenance] == [
        ("c2pa", "ai", "signed_trusted")
    ]
    assert prepared.provenance_complete
    assert prepared.pixels.shape == (1, 24, 32, 3)


def test_without_a_trust_list_nobody_is_trusted(decoder):
    data = sign(encode(noise(), "JPEG"), "image/jpeg", action("c2pa.created", TRAINED))

    assert [each.strength for each in decoder.decode(data, SPEC).provenance] == ["signed"]


def test_findings_are_its_own_and_never_those_of_the_picture_before(decoder):
    signed = sign(encode(noise(), "JPEG"), "image/jpeg", action("c2pa.created", TRAINED))
    for _ in range(3):
        assert len(decoder.decode(signed, SPEC).provenance) == 1
        assert decoder.decode(encode(noise(), "JPEG"), SPEC).provenance == ()


def test_the_native_library_is_loaded_for_a_manifest_and_not_before(decoder):
    def is_loaded():
        return "libc2pa" in Path(f"/proc/{decoder._process.pid}/maps").read_text()

    decoder.decode(encode(noise(), "PNG"), SPEC)
    assert not is_loaded()
    decoder.decode(sign(encode(noise(), "PNG"), "image/png", action("c2pa.created", TRAINED)), SPEC)
    assert is_loaded()


@pytest.mark.parametrize(
    ("prelude", "seconds"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", 30),
        ("while True: pass", 1),
        ("import mmap; kept = mmap.mmap(-1, 2 << 40)", 30),
        ("raise RecursionError", 30),
    ],
    ids=["a crash", "no end", "no memory", "an error"],
)
def test_whatever_a_manifest_does_the_pixels_and_the_other_findings_are_kept(monkeypatch, tmp_path, prelude, seconds):
    """In the place of the native library stands a module that does it when it is loaded."""
    (tmp_path / "c2pa.py").write_text(prelude)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    data = sign(jpeg_exif(camera()), "image/jpeg", action("c2pa.created", TRAINED))
    with Decoder(LIMITS, seconds=seconds, memory_bytes=MEMORY) as decoder:
        prepared = decoder.decode(data, SPEC)
        assert np.array_equal(prepared.pixels, prepare(decode(data, LIMITS).image, SPEC))
        assert [each.kind for each in prepared.provenance if each.kind != "c2pa"] == ["exif"]
        assert not prepared.provenance_complete
        assert decoder.decode(encode(noise(), "PNG"), SPEC).provenance_complete


def test_every_crafted_file_keeps_its_pixels_and_no_more_than_may_be_kept(decoder):
    for case in cases():
        prepared = decoder.decode(case.data, SPEC)
        assert np.array_equal(prepared.pixels, prepare(decode(case.data, LIMITS).image, SPEC)), case.name
        assert len(prepared.provenance) == len(case.found), case.name


def test_a_crowd_of_packets_hides_no_signature():
    packet = b"http://ns.adobe.com/xap/1.0/\0" + source_type("digitalCapture")
    crowded = jpeg(*[(0xE1, packet)] * 40)
    signer = trusted_signer()
    data = sign(crowded, "image/jpeg", action("c2pa.created", TRAINED))
    with Decoder(LIMITS, seconds=30, memory_bytes=MEMORY, trust_anchors=signer.root) as decoder:
        prepared = decoder.decode(data, SPEC)

    assert [each.kind for each in prepared.provenance] == ["c2pa"] + ["iptc"] * 15
    assert not prepared.provenance_complete
