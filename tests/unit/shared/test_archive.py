"""A version as one file: the same bytes everywhere, read by any tar, and nothing else is taken for one."""

import io
import os
import tarfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared import archive
from shared.errors import ArchiveRefused, ArchiveTruncated

FILES = {"card.json": b"{}", "manifest.json": b"x" * 512, "model.onnx": os.urandom(5000), "model.sig": b""}
MOST = 1 << 20


def packed(files=FILES):
    sizes = {name: len(content) for name, content in files.items()}
    whole = b"".join(archive.pieces(sizes, {name: [content] for name, content in files.items()}))
    assert len(whole) == archive.length(sizes)
    return whole


def unpacked(content, folder, max_bytes=MOST):
    names = archive.unpack(io.BytesIO(content), folder, max_bytes=max_bytes)
    found = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert list(found.keys() ^ set(names)) == []
    return found


def test_what_was_packed_comes_back_and_in_whatever_order_it_came_the_bytes_are_the_same(tmp_path):
    assert unpacked(packed(), tmp_path) == FILES
    assert packed(dict(reversed(FILES.items()))) == packed()


def test_any_tar_reads_it():
    with tarfile.open(fileobj=io.BytesIO(packed())) as tar:
        assert {member.name: tar.extractfile(member).read() for member in tar} == FILES
        assert {(member.mtime, member.uid, member.uname, member.mode) for member in tar} == {(0, 0, "", 0o644)}


@pytest.mark.parametrize("end", range(0, len(packed()), 211))
def test_a_file_that_ends_too_early_is_said_to(tmp_path, end):
    with pytest.raises(ArchiveTruncated):
        unpacked(packed()[:end], tmp_path)
    assert not list(tmp_path.iterdir())


def made(*members, form=tarfile.USTAR_FORMAT):
    """A tar as another program writes it."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form) as tar:
        for name, content, changes in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            for attribute, value in changes.items():
                setattr(info, attribute, value)
            tar.addfile(info, io.BytesIO(content))
    return file.getvalue()


HOSTILE = {
    "a path that leads out": made(("../card.json", b"{}", {})),
    "an absolute path": made(("/etc/passwd", b"{}", {})),
    "a folder in a path": made(("a/b", b"{}", {})),
    "a folder": made(("a", b"", {"type": tarfile.DIRTYPE})),
    "a symbolic link": made(("card.json", b"", {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"})),
    "a hard link": made(("card.json", b"", {"type": tarfile.LNKTYPE, "linkname": "/etc/passwd"})),
    "a device": made(("card.json", b"", {"type": tarfile.CHRTYPE})),
    "a pipe": made(("card.json", b"", {"type": tarfile.FIFOTYPE})),
    "a sparse file": made(("card.json", b"", {"type": tarfile.GNUTYPE_SPARSE})),
    "an extended header": made(("card.json", b"{}", {"mtime": 0.5}), form=tarfile.PAX_FORMAT),
    "a long name": made(("a" * 120, b"{}", {}), form=tarfile.GNU_FORMAT),
    "an owner": made(("card.json", b"{}", {"uname": "root"})),
    "a time": made(("card.json", b"{}", {"mtime": 1})),
    "a hidden file": made((".card.json", b"{}", {})),
    "a name in capitals": made(("Card.json", b"{}", {})),
    "a name twice": packed({"card.json": b"1"})[:1024] + packed({"card.json": b"2"}),
    "names out of order": packed({"model.onnx": b"1"})[:1024] + packed({"card.json": b"2"}),
    "a second archive behind it": packed() + packed(),
    "a byte behind it": packed() + b"x",
    "something between two files": packed({"card.json": b"1"})[:1023] + b"x" + bytes(1024),
    "a negative size": made(("card.json", b"", {}))[:124] + b"-0000000001" + made(("card.json", b"", {}))[135:],
    "seventeen files": packed({f"f{number:02}": b"" for number in range(17)}),
    "no file": bytes(1024),
    "another format": b"PK\x03\x04" + bytes(2000),
    "an ordinary tar's length": made(("card.json", b"{}", {})),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_nothing_is_unpacked_of(tmp_path, content):
    inside = tmp_path / "inside"
    inside.mkdir()
    with pytest.raises(ArchiveRefused):
        unpacked(content, inside)
    assert [path.name for path in tmp_path.rglob("*")] == ["inside"]


def test_a_size_that_is_only_claimed_costs_nothing(tmp_path):
    header = archive._header("model.onnx", 0o77777777777)
    with pytest.raises(ArchiveTruncated):
        unpacked(header + bytes(2048), tmp_path)


def test_more_bytes_than_are_accepted_are_not_looked_at(tmp_path):
    with pytest.raises(ArchiveRefused, match="at most"):
        unpacked(packed(), tmp_path, max_bytes=1000)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, len(packed()) - 1), byte=st.integers(0, 255))
def test_a_changed_byte_changes_a_content_or_is_refused(tmp_path_factory, at, byte):
    content = bytearray(packed())
    content[at] = byte
    try:
        found = unpacked(bytes(content), tmp_path_factory.mktemp("changed"))
    except ArchiveRefused:
        return
    assert packed(found) == bytes(content)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=3000))
def test_whatever_is_read_is_the_one_archive_of_what_it_holds(tmp_path_factory, content):
    try:
        found = unpacked(content, tmp_path_factory.mktemp("any"))
    except ArchiveRefused:
        return
    assert packed(found) == content
