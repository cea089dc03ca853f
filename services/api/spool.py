"""Where forms arrive that may be large and slow: a folder apart from that of submissions, and few of them at once."""

import shutil
from collections.abc import AsyncGenerator, Generator, Hashable
from contextlib import aclosing, asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import SpooledTemporaryFile

from fastapi import Request
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser

from services.api.errors import Problem
from shared.errors import Outage

CROWDED_SECONDS = 30
"""What `Retry-After` asks of whoever finds no room: an honest large upload takes about so long."""


class Crowded(Problem):
    """There is no room for another body; none of it was read. `seconds` is when to look again."""

    def __init__(self, seconds: int = CROWDED_SECONDS) -> None:
        detail = "As many uploads are under way as there is room for. Send yours again when one has ended."
        super().__init__("busy", detail, headers={"Retry-After": str(seconds)})


class Spool:
    """Takes forms of `at_once` holders at a time, one of each, so that no single one takes all places.

    Its places belong to one event loop: it is not to be shared between threads.
    """

    def __init__(self, folder: Path, at_once: int) -> None:
        self._folder = folder
        self._at_once = at_once
        self._holders: set[Hashable] = set()

    @asynccontextmanager
    async def form(self, request: Request, holder: Hashable, **limits: int) -> AsyncGenerator[FormData]:
        """The form, its files on disk beyond 1 MiB and closed at the end; `limits` are those of Starlette's parser.

        Raises Crowded before any of the body is read, HTTPException for what is no form, and Outage where the disk has
        no room for it.
        """
        with self._place(holder):
            form = await self._read(request, limits)
            try:
                yield form
            finally:
                await form.close()

    def free_bytes(self) -> int:
        """What the disk of the folder has room for; raises OSError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        return shutil.disk_usage(self._folder).free

    @contextmanager
    def _place(self, holder: Hashable) -> Generator[None]:
        if holder in self._holders or len(self._holders) >= self._at_once:
            raise Crowded
        self._holders.add(holder)
        try:
            yield
        finally:
            self._holders.remove(holder)

    async def _read(self, request: Request, limits: dict[str, int]) -> FormData:
        if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
            return await request.form(**limits)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            async with aclosing(request.stream()) as stream:
                return await _Parser(request, stream, self._folder, **limits).parse()
        except MultiPartException as exc:
            raise HTTPException(400, exc.message) from exc
        except OSError as exc:
            raise Outage("spool", f"the upload cannot be spooled: {exc}") from exc


class _Parser(MultiPartParser):
    """Starlette's, which knows no folder for its files but the system's."""

    def __init__(self, request: Request, stream: AsyncGenerator[bytes], folder: Path, **limits: int) -> None:
        super().__init__(request.headers, stream, **limits)
        self._folder = folder

    def on_headers_finished(self) -> None:
        super().on_headers_finished()
        if upload := self._current_part.file:
            upload.file.close()
            file = SpooledTemporaryFile(max_size=self.spool_max_size, dir=self._folder)  # noqa: SIM115 - by the form
            self._files_to_close_on_error.append(file)
            upload.file = file  # type: ignore[assignment]
