import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import httpx
import pytest
from fastapi import FastAPI, Query, Request

from services.api.body import submission
from services.api.errors import HANDLERS
from services.api.room import Room

LARGEST = 1_000_000
FORM = {"Content-Type": "multipart/form-data; boundary=B"}
HEAD = b'--B\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\nabc'


class Api:
    """Takes submissions into room for four of the largest; says how many bytes their images have."""

    def __init__(self) -> None:
        self.app = FastAPI(exception_handlers=dict(HANDLERS))
        self.room = Room(4 * LARGEST)
        self.begun: asyncio.Queue[None] = asyncio.Queue()

        @self.app.post("/")
        async def take(request: Request, tenant: Annotated[str, Query()]) -> int:
            async with submission(request, self.room, tenant, LARGEST) as (_, file):
                return len(file.read()) if file else 0

    async def send(self, tenant: str, body: AsyncIterator[bytes] | bytes, **headers: str) -> httpx.Response:
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
            return await client.post("/", params={"tenant": tenant}, content=body, headers=FORM | headers)

    async def dripping(self, go_on: asyncio.Event) -> AsyncIterator[bytes]:
        self.begun.put_nowait(None)
        yield HEAD
        await go_on.wait()
        yield b"\r\n--B--\r\n"


@pytest.mark.parametrize("announced", [{"Content-Length": str(LARGEST)}, {}], ids=["announced", "in chunks"])
def test_slow_uploads_of_one_tenant_leave_room_for_others_and_what_finds_none_is_not_read(announced):
    api = Api()

    async def crowd():
        go_on = asyncio.Event()
        slow = [asyncio.create_task(api.send("a", api.dripping(go_on), **announced)) for _ in range(2)]
        for _ in slow:
            await api.begun.get()
        refused = await api.send("a", api.dripping(go_on), **announced)
        small = await api.send("b", HEAD + b"\r\n--B--\r\n")
        unread = api.begun.empty()
        go_on.set()
        taken = await asyncio.gather(*slow)
        return refused, unread, [small, *taken, await api.send("a", api.dripping(go_on), **announced)]

    refused, unread, taken = asyncio.run(crowd())
    assert (refused.status_code, refused.json()["type"]) == (503, "urn:jinwi:problem:busy")
    assert int(refused.headers["Retry-After"]) > 0
    assert unread
    assert [answer.json() for answer in taken] == [3] * 4


def test_a_link_needs_no_room():
    api = Api()
    api.room = Room(0)
    answer = asyncio.run(api.send("a", b'{"url": "https://example.com/a.png"}', **{"Content-Type": "application/json"}))
    assert answer.status_code == 200
