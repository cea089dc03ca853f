"""No bytes stop the readers, none takes them long, and what they find is always clean."""

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.domain.provenance import MOST_FINDINGS, Strength
from shared.imaging.formats import Format
from shared.provenance import tiff, xmp
from shared.provenance.blocks import Blocks
from shared.provenance.c2pa import ManifestReader
from shared.provenance.carried import carried
from shared.provenance.limits import BLOCK_BYTES, MOST_BLOCKS, TOTAL_BYTES
from shared.provenance.read import embedded
from tests.provenance.authority import TRAINED, action, sign, trusted_signer
from tests.provenance.containers import compressed_text, gif, international_text, jpeg, plain, png, text
from tests.provenance.generator_cases import A1111
from tests.provenance.table import cases

FILES = [(case.format, case.data) for case in cases()]
thorough = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def size(blocks: Blocks) -> int:
    return sum(len(block.data) for kept in (blocks.exif, blocks.xmp, blocks.iim, blocks.texts) for block in kept)


def check(data: bytes, image_format: Format) -> None:
    blocks = carried(data, image_format)
    assert size(blocks) <= TOTAL_BYTES
    findings = embedded(blocks, 64, 48)
    assert len(findings) <= MOST_FINDINGS
    for finding in findings:
        assert "\0" not in repr(finding.document())


@thorough
@given(image_format=st.sampled_from(Format), data=st.binary(max_size=400))
def test_any_bytes_after_a_files_first_end_in_peace(image_format, data):
    check(plain(image_format)[:40] + data, image_format)
    check(data, image_format)


@thorough
@given(file=st.sampled_from(FILES), edits=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=30))
def test_a_damaged_file_is_read_as_far_as_it_goes(file, edits):
    image_format, data = file
    damaged = bytearray(data)
    for place, value in edits:
        damaged[min(len(data) - 1, int(place * 3000))] = value
    check(bytes(damaged), image_format)


@thorough
@given(data=st.binary(max_size=300))
def test_any_bytes_are_read_as_tags_and_as_a_packet(data):
    tiff.tags(b"II*\0\x08\0\0\0" + data)
    tiff.tags(b"MM\0*\0\0\0\x08" + data)
    tiff.user_comment(data, b"II")
    xmp.properties(data)
    xmp.properties(b"<a>" + data)


@pytest.fixture(scope="module")
def signed():
    return sign(plain(Format.JPEG), "image/jpeg", action("c2pa.created", TRAINED))


@settings(max_examples=300, deadline=None)
@given(edits=st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 255)), min_size=1, max_size=3))
def test_a_damaged_manifest_is_not_trusted_unless_it_says_what_was_signed(signed, edits):
    """Some bytes of the boxes are under no hash, such as a box's number: what the manifest says is."""
    damaged = bytearray(signed)
    for place, value in edits:
        damaged[20 + place] = value
    reader = ManifestReader(trusted_signer().root)
    try:
        found = reader.findings(damaged, Format.JPEG, "here")
    except (KeyError, TypeError, AttributeError, ValueError):
        return
    trusted = [finding for finding in found if finding.strength is Strength.SIGNED_TRUSTED]
    assert trusted in ([], reader.findings(signed, Format.JPEG, "here"))


BOMB = b"\0" * (64 << 20)
WORST = {
    "a bomb in a text": (Format.PNG, png(compressed_text("parameters", BOMB))),
    "a bomb in an international text": (
        Format.PNG,
        png(international_text("XML:com.adobe.xmp", "\0" * (64 << 20), compressed=True)),
    ),
    "twenty bombs": (Format.PNG, png(*[compressed_text("parameters", BOMB)] * 20)),
    "a million empty chunks": (Format.PNG, png(*[(b"teST", b"")] * 1_000_000)),
    "a hundred thousand texts": (Format.PNG, png(*[text("a", "b")] * 100_000)),
    "a text of 20 megabytes": (Format.PNG, png(text("parameters", A1111 * 80_000))),
    "a million empty segments": (Format.JPEG, jpeg(*[(0xE5, b"")] * 1_000_000)),
    "ten million sub-blocks": (Format.GIF, gif(b"\x21\xfe" + b"\1x" * 10_000_000 + b"\0")),
    "quotes and colons": (Format.PNG, png(text("parameters", "Steps: 1, " + 'a: "' * 200_000))),
    "braces": (Format.PNG, png(text("prompt", "{" * 500_000))),
    "an options' list": (Format.PNG, png(text("Description", "--a b" * 190_000 + "Job ID: 0a1b2c3d-"))),
}


@pytest.mark.parametrize("name", WORST)
def test_the_worst_files_cost_little_time_and_keep_little(name):
    image_format, data = WORST[name]
    began = time.process_time()
    blocks = carried(data, image_format)
    embedded(blocks, 64, 48)

    assert time.process_time() - began < 2
    assert size(blocks) <= TOTAL_BYTES
    count = sum(map(len, (blocks.exif, blocks.xmp, blocks.iim, blocks.texts)))
    assert count <= MOST_BLOCKS
    assert all(len(block.data) <= BLOCK_BYTES for block in blocks.texts)
    assert blocks.complete is (name in {"quotes and colons", "braces", "an options' list"})
