"""Messages over a pipe, the same at both ends: two lengths, a JSON header, a body of raw bytes."""

import json
import os
import select
import struct
import time
from collections.abc import Mapping
from typing import Any

Buffer = bytes | bytearray | memoryview

_LENGTHS = struct.Struct(">II")  # bytes of header, bytes of body
_MAX_HEADER_BYTES = 64 << 10


def send(fd: int, header: Mapping[str, Any], body: Buffer = b"", *, deadline: float | None = None) -> None:
    """Write one message by `deadline` (time.monotonic; the pipe must then be non-blocking).

    Raises TimeoutError after it, BrokenPipeError when nobody reads any more.
    """
    text = json.dumps(header).encode()
    _write(fd, _LENGTHS.pack(len(text), len(body)) + text, deadline)
    _write(fd, body, deadline)


def receive(fd: int, *, max_body: int | None = None, deadline: float | None = None) -> tuple[dict[str, Any], bytearray]:
    """Read one message by `deadline`: header and body.

    Raises TimeoutError after it, EOFError when the writer is gone, ValueError for a message out of bounds.
    """
    header_bytes, body_bytes = _LENGTHS.unpack(_read(fd, _LENGTHS.size, deadline))
    if header_bytes > _MAX_HEADER_BYTES or (max_body is not None and body_bytes > max_body):
        raise ValueError(f"a message of {header_bytes} + {body_bytes} bytes is out of bounds")
    header = json.loads(_read(fd, header_bytes, deadline))
    return header, _read(fd, body_bytes, deadline)


def _write(fd: int, data: Buffer, deadline: float | None) -> None:
    view = memoryview(data)
    while view:
        _wait(fd, select.POLLOUT, deadline)
        view = view[os.write(fd, view) :]


def _read(fd: int, size: int, deadline: float | None) -> bytearray:
    data = bytearray(size)
    view = memoryview(data)
    while view:
        _wait(fd, select.POLLIN, deadline)
        count = os.readv(fd, [view])
        if count == 0:
            raise EOFError("the other end is closed")
        view = view[count:]
    return data


def _wait(fd: int, event: int, deadline: float | None) -> None:
    milliseconds = None if deadline is None else max(0, (deadline - time.monotonic()) * 1000)
    poller = select.poll()
    poller.register(fd, event)
    if not poller.poll(milliseconds):
        raise TimeoutError("the other end is not in time")
