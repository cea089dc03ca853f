"""Findings of provenance, from the same guarded process."""

from pathlib import Path

import numpy as np
import pytest

from shared.decoding.decoder import Decoder
from shared.imaging.decode import decode
from shared.imaging.prepare import prepare
from tests.provenance.authority import TRAINED, action, sign, trusted_signer
from tests.provenance.containers import camera, jpeg, jpeg_exif, source_type
from tests.provenance.table import cases
from tests.unit.shared.decoding.conftest import MEMORY, SPEC, pid_of
from tests.unit.shared.imaging.pictures import LIMITS, encode, noise


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
