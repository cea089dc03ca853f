"""Verify many inputs: each is submitted, awaited and reported as it ends, and a journal remembers it."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

from jinwi.async_client import AsyncClient
from jinwi.calls.jobs import Options
from jinwi.errors import ApiError, JinwiError, Refused
from jinwi.inputs.find import Input
from jinwi.inputs.journal import Journal
from jinwi.results.evidence import Basis as RestsOn
from jinwi.results.jobs import Job, Thresholds, Verdict
from jinwi.results.models import Model
from jinwi.texts import problems
from jinwi.transport.window import async_as_each_ends

# Not about one image: every other one would be refused like it.
ABOUT_THE_KEY = frozenset({401, 403})

QUIET_SECONDS = 10.0
"""After so long without an ending it is asked whether the lane is paused."""

Basis = tuple[str, Thresholds]
"""The model version and the thresholds by which an image was judged."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """How one input ended: with a job, or with the problem that kept it from becoming one."""

    input: Input
    job: Job | None = None
    problem: Mapping[str, Any] | None = None

    @classmethod
    def from_document(cls, item: Input, document: Mapping[str, Any]) -> Self:
        if document["state"] == "refused":
            return cls(input=item, problem=document["problem"])
        return cls(input=item, job=Job.from_document(document))

    def document(self) -> dict[str, Any]:
        """The line that --json prints."""
        if self.job is None:
            return {"input": self.input.name, "state": "refused", "problem": self.problem}
        return {**self.job.document, "input": self.input.name}


@dataclass(frozen=True, slots=True)
class Tally:
    """How many ended with each verdict, and how many without one (under None).

    `bases` counts those that a model judged by what judged them; those held at uncertain for a reason under None.
    """

    counts: Counter[Verdict | None] = field(default_factory=Counter)
    bases: Counter[Basis | None] = field(default_factory=Counter)

    def add(self, ended: Ended) -> None:
        result = ended.job.result if ended.job else None
        self.counts[result.verdict if result else None] += 1
        if result and result.basis is RestsOn.MODEL:
            self.bases[None if result.reasons else (result.model_version, result.thresholds)] += 1

    @property
    def total(self) -> int:
        return self.counts.total()

    @property
    def failed(self) -> int:
        return self.counts[None]

    @property
    def held(self) -> int:
        return self.bases[None]

    @property
    def judged(self) -> int:
        """Those whose probability alone made the verdict."""
        return self.bases.total() - self.held

    def judged_as(self, model: Model) -> int:
        """Those judged by this version, at the thresholds of its card."""
        return self.bases[(model.version, model.thresholds)] if model.thresholds else 0

    def named(self) -> dict[str, int]:
        """The counts under the names that texts have for them."""
        verdicts = {verdict.value: self.counts[verdict] for verdict in Verdict}
        return {**verdicts, "failed": self.failed, "total": self.total}


class Sink(Protocol):
    """Where what has ended goes."""

    def add(self, ended: Ended) -> None: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Verifier:
    client: AsyncClient
    lane: str
    journal: Journal | None
    options: Callable[[Input], Options]
    """What else an input's job is asked for."""

    async def verify(self, item: Input) -> Ended:
        """How this input ends; raises what concerns all of them: Unavailable, or a key not accepted."""
        if item.problem:
            return Ended(input=item, problem=item.problem)
        if self.journal and (document := self.journal.ended(item.key)):
            return Ended.from_document(item, document)
        try:
            ended = Ended(input=item, job=await self._job(item))
        except Refused as exc:
            if exc.status in ABOUT_THE_KEY:
                raise
            ended = Ended(input=item, problem=exc.problem)
        except ApiError as exc:
            # The server's own fault: not noted, so that a resumed run tries again.
            return Ended(input=item, problem=exc.problem)
        except OSError as exc:
            return Ended(input=item, problem=problems.unreadable(exc))
        if self.journal:
            self.journal.note_ended(item.key, ended.document())
        return ended

    async def lane_is_paused(self) -> bool:
        """False too where this key may not ask."""
        with contextlib.suppress(JinwiError):
            return any(lane["lane"] == self.lane and lane["paused"] for lane in await self.client.lanes())
        return False

    async def _job(self, item: Input) -> Job:
        """The final job of this input, submitted unless the journal knows it was; waits as long as it takes."""
        source = item.path or item.name
        if self.journal is None:
            return await self.client.verify(source, timeout=None, **self._options(item))
        if job_id := self.journal.job(item.key):
            return await self.client.wait(job_id, timeout=None)
        options: Options = {**self._options(item), "idempotency_key": self.journal.submission_key(item.key)}
        job = await self.client.submit(source, **options)
        self.journal.note_submitted(item.key, job.id)
        return job if job.final else await self.client.wait(job, timeout=None)

    def _options(self, item: Input) -> Options:
        return {"lane": self.lane, **self.options(item)}


async def run(
    verifier: Verifier,
    inputs: Iterable[Input],
    sinks: Sequence[Sink],
    concurrency: int,
    say_paused: Callable[[str], None],
) -> None:
    """Hand each input to every sink as it ends; `say_paused` is told the lane if that is why none does."""
    asyncio.get_running_loop().set_exception_handler(_say_unless_interrupted)
    endings = async_as_each_ends(inputs, verifier.verify, concurrency)
    ending = asyncio.Event()
    async with verifier.client, contextlib.aclosing(endings):
        watch = asyncio.create_task(_watch(verifier, ending, say_paused))
        try:
            async for ended in endings:
                ending.set()
                # A thumbnail may take a while, in which the other inputs go on.
                await asyncio.to_thread(_report, ended, sinks)
        finally:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)


def _say_unless_interrupted(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Ctrl-C may fall between two lines of asyncio's own `_copy_future_state`: the future that a thread's result is
    for was not cancelled before and is then. The interruption is said; that is not.
    """
    if not isinstance(context.get("exception"), asyncio.InvalidStateError):
        loop.default_exception_handler(context)


async def _watch(verifier: Verifier, ending: asyncio.Event, say_paused: Callable[[str], None]) -> None:
    """Wait until nothing has ended for a while, and then ask once."""
    with contextlib.suppress(TimeoutError):
        while True:
            # Not wait_for: until Python 3.12 it loses a cancellation that comes together with the event.
            async with asyncio.timeout(QUIET_SECONDS):
                await ending.wait()
            ending.clear()
    if await verifier.lane_is_paused():
        say_paused(verifier.lane)


def _report(ended: Ended, sinks: Sequence[Sink]) -> None:
    for sink in sinks:
        sink.add(ended)
