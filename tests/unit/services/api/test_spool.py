import asyncio
import errno
from pathlib import Path
from typing import Annotated

import httpx
import pytest
from fastapi import FastAPI, Query, Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartParser

from services.api.errors import HANDLERS
from services.api.spool import Spool

LARGE = b"x" * (2 << 20)


class Api:
    """Takes forms through a spool of two places; says where the files of a form lie, and how much has arrived."""

    def __init__(self, folder: Path) -> None:
        self.app = FastAPI(exception_handlers=dict(HANDLERS))
        self.spool = Spool(folder, at_once=2)
        self.seen: list[str] = []

        @self.app.post("/")
        async def take(request: Request, holder: Annotated[str, Query()]) -> dict[str, str]:
            async with self.spool.form(request, holder, max_files=1) as form:
                return {name: place(value) for name, value in form.items()}

    async def send(self, holder: str, **options) -> httpx.Response:
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
            return await client.post("/", params={"holder": holder}, **options)

    async def dawdle(self, holder: str, begun: asyncio.Event, go_on: asyncio.Event) -> httpx.Response:
        async def body():
            self.seen.append(holder)
            begun.set()
            yield b'--B\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\nabc'
            await go_on.wait()
            yield b"\r\n--B--\r\n"

        return await self.send(holder, content=body(), headers={"Content-Type": "multipart/form-data; boundary=B"})


def place(value: UploadFile | str) -> str:
    """The folder of a file that is on the disk, else its content."""
    if isinstance(value, str):
        return value
    value.file.seek(0)
    on_disk = getattr(value.file, "_rolled", True)
    return str(Path(f"/proc/self/fd/{value.file.fileno()}").readlink().parent) if on_disk else value.file.read()


@pytest.fixture
def api(tmp_path):
    return Api(tmp_path / "spool")


def test_large_files_lie_in_its_folder_and_are_gone_afterwards(api, tmp_path):
    answer = asyncio.run(api.send("a", files={"files": ("a.bin", LARGE)}, data={"message": "hello"}))
    assert answer.json() == {"files": str(tmp_path / "spool"), "message": "hello"}
    assert list((tmp_path / "spool").iterdir()) == []


def test_small_files_and_forms_without_any_are_read_as_ever(api):
    assert asyncio.run(api.send("a", files={"files": ("a.bin", b"abc")})).json() == {"files": "abc"}
    assert asyncio.run(api.send("a", data={"message": "hello"})).json() == {"message": "hello"}
    assert asyncio.run(api.send("a", content=b"?", headers={"Content-Type": "image/png"})).json() == {}


@pytest.mark.parametrize(("held", "asking"), [(["a", "b"], "c"), (["a"], "a")])
def test_without_a_place_the_body_is_not_read_and_afterwards_it_is_taken(api, held, asking):
    async def crowd():
        go_on, begun = asyncio.Event(), [asyncio.Event() for _ in held]
        tasks = [
            asyncio.create_task(api.dawdle(holder, event, go_on)) for holder, event in zip(held, begun, strict=True)
        ]
        for event in begun:
            await event.wait()
        refused = await api.dawdle(asking, asyncio.Event(), go_on)
        read = api.seen.copy()
        go_on.set()
        taken = await asyncio.gather(*tasks)
        return refused, read, taken, await api.dawdle(asking, asyncio.Event(), go_on)

    refused, read, taken, later = asyncio.run(crowd())
    assert (refused.status_code, refused.json()["type"]) == (503, "urn:jinwi:problem:busy")
    assert int(refused.headers["Retry-After"]) > 0
    assert read == held
    assert [answer.json() for answer in [*taken, later]] == [{"files": "abc"}] * (len(held) + 1)


def test_a_body_that_is_no_form_or_holds_too_many_files_gives_its_place_back(api):
    for _ in range(3):
        broken = api.send("a", content=b"--B\r\n?", headers={"Content-Type": "multipart/form-data; boundary=B"})
        assert asyncio.run(broken).status_code == 400
        many = [("files", (f"{n}", LARGE)) for n in range(2)]
        assert asyncio.run(api.send("a", files=many)).status_code == 400
    assert asyncio.run(api.send("a", files={"files": ("a.bin", b"abc")})).status_code == 200


def test_a_disk_without_room_is_said(api, monkeypatch):
    async def parse(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(MultiPartParser, "parse", parse)
    answer = asyncio.run(api.send("a", files={"files": ("a.bin", LARGE)}))
    assert (answer.status_code, answer.json()["part"]) == (503, "spool")


def test_it_knows_what_its_disk_has_room_for(api, tmp_path):
    assert 0 < api.spool.free_bytes() < 2**60
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="Not a directory"):
        Spool(tmp_path / "file" / "spool", 1).free_bytes()
