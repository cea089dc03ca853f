import os
import struct
import threading
import time

import pytest

from shared.decoding import frames


@pytest.fixture
def pipe():
    reader, writer = os.pipe()
    yield reader, writer
    for fd in (reader, writer):
        try:
            os.close(fd)
        except OSError:
            continue


def soon() -> float:
    return time.monotonic() + 0.05


def test_a_message_larger_than_any_pipe_arrives_whole(pipe):
    reader, writer = pipe
    body = os.urandom(5_000_000)
    os.set_blocking(writer, False)
    sender = threading.Thread(
        target=frames.send, args=(writer, {"n": 1}, body), kwargs={"deadline": time.monotonic() + 30}
    )
    sender.start()
    received = frames.receive(reader, max_body=len(body), deadline=time.monotonic() + 30)
    sender.join()

    assert received == ({"n": 1}, body)


def test_messages_follow_one_another(pipe):
    reader, writer = pipe
    frames.send(writer, {"n": 1}, b"one")
    frames.send(writer, {"n": 2})

    assert frames.receive(reader) == ({"n": 1}, b"one")
    assert frames.receive(reader) == ({"n": 2}, b"")


def test_a_silent_writer_is_not_waited_for_beyond_the_deadline(pipe):
    with pytest.raises(TimeoutError):
        frames.receive(pipe[0], deadline=soon())


def test_a_writer_silent_in_mid_message_is_not_waited_for(pipe):
    reader, writer = pipe
    os.write(writer, struct.pack(">II", 2, 100) + b"{}half")

    with pytest.raises(TimeoutError):
        frames.receive(reader, deadline=soon())


def test_a_reader_who_does_not_read_is_not_waited_for(pipe):
    os.set_blocking(pipe[1], False)

    with pytest.raises(TimeoutError):
        frames.send(pipe[1], {}, bytes(1_000_000), deadline=soon())


def test_a_closed_end_is_noticed(pipe):
    reader, writer = pipe
    os.close(writer)

    with pytest.raises(EOFError):
        frames.receive(reader)


def test_a_reader_gone_is_noticed(pipe):
    os.close(pipe[0])

    with pytest.raises(BrokenPipeError):
        frames.send(pipe[1], {})


@pytest.mark.parametrize("lengths", [(2, 11), (100_000, 0)])
def test_a_message_out_of_bounds_is_refused_before_it_is_read(pipe, lengths):
    os.write(pipe[1], struct.pack(">II", *lengths))

    with pytest.raises(ValueError, match="out of bounds"):
        frames.receive(pipe[0], max_body=10)


def test_a_header_that_is_not_json_is_refused(pipe):
    os.write(pipe[1], struct.pack(">II", 2, 0) + b"{{")

    with pytest.raises(ValueError, match="property name"):
        frames.receive(pipe[0])
