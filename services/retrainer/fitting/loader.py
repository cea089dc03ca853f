"""Batches computed ahead, in processes beside the training one, and handed over in order."""

from collections import deque
from collections.abc import Iterator
from multiprocessing import get_context

from services.retrainer.fitting.crop_plan import Planned
from services.retrainer.fitting.stream import Batch, Stream

AHEAD = 6
"""Batches that wait for the network."""

_stream: Stream | None = None


def batches(stream: Stream, first: int, last: int, *, loaders: int) -> Iterator[Batch | Planned]:
    """The batches of steps `first` to `last` - 1; 0 loaders computes them here."""
    if loaders == 0:
        yield from map(stream.batch, range(first, last))
        return
    # Forked children share the decoded pictures; they touch neither torch nor ONNX Runtime.
    with get_context("fork").Pool(loaders, _share, (stream,)) as pool:
        waiting = deque(pool.apply_async(_batch, (step,)) for step in range(first, min(first + AHEAD, last)))
        for step in range(first + AHEAD, last + AHEAD):
            batch = waiting.popleft().get()
            if step < last:
                waiting.append(pool.apply_async(_batch, (step,)))
            yield batch


def _share(stream: Stream) -> None:
    global _stream  # noqa: PLW0603 - one stream for each loader process
    _stream = stream


def _batch(step: int) -> Batch | Planned:
    assert _stream is not None
    return _stream.batch(step)
