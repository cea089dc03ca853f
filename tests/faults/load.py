"""Jobs as customers submit them: files and links, both lanes, each with a callback, tried again while we are away."""

import functools
import hashlib
import io
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import urljoin
from uuid import UUID, uuid4

import httpx
import numpy as np
from PIL import Image

from shared.domain.job import Lane
from tests.faults.receiver import Receiver

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
SIDES = (24, 60, 120, 200)
PATIENCE = 120
CLIENTS = 4
"""Customers that submit at the same time."""

_numbers = count(1)


@functools.cache
def picture(number: int, side: int | None = None) -> bytes:
    """A picture unlike any other, of noise, between dark and light; a large one is PNG and keeps a decoder busy."""
    rng = np.random.default_rng(number)
    side = side or SIDES[number % len(SIDES)]
    low = int(rng.integers(0, 128))
    pixels = rng.integers(low, low + 128, (side, side + 4, 3), dtype=np.uint8)
    file = io.BytesIO()
    chosen = FORMATS[number // len(SIDES) % len(FORMATS)] if side <= max(SIDES) else "PNG"
    Image.fromarray(pixels).save(file, chosen)
    return file.getvalue()


@dataclass(kw_only=True, slots=True)
class Submission:
    """What a customer wants verified; `job_id` once it was accepted. `statuses` are all answers until then."""

    data: bytes
    lane: Lane
    path: str | None = None
    """Where the receiver has the picture, or a whole link; None: the bytes are sent."""
    key: str = field(default_factory=lambda: str(uuid4()))
    job_id: UUID | None = None
    statuses: Counter[int] = field(default_factory=Counter)
    slowest: float = 0.0
    """Seconds that the slowest answer took."""

    @property
    def sha256(self) -> bytes:
        return hashlib.sha256(self.data).digest()


@dataclass(kw_only=True, slots=True)
class Load:
    url: str
    api_key: str
    receiver: Receiver
    callback_url: str | None
    submissions: list[Submission] = field(default_factory=list)
    given_up: threading.Event = field(default_factory=threading.Event)
    """Set when a test has failed: its customers go home."""

    def make(self, jobs: int, *, side: int | None = None, links: bool = True) -> list[Submission]:
        """Every fourth is a link, every eighth has the bytes of the one before it, every other is bulk."""
        made = []
        for place in range(jobs):
            repeated = made and place % 8 == 7
            data = made[-1].data if repeated else picture(next(_numbers), side)
            one = Submission(data=data, lane=(Lane.INTERACTIVE, Lane.BULK)[place % 2])
            if links and place % 4 == 2:
                one.path = f"/{one.key}"
                self.receiver.pictures[one.path] = data
            made.append(one)
        return made

    def submit(self, jobs: int, **how: Any) -> list[Submission]:
        return self.send(self.make(jobs, **how))

    def send(self, submissions: Sequence[Submission]) -> list[Submission]:
        """Until each is accepted. Raises for an answer that is neither 202 nor a 503 that says when to come back."""
        self.submissions += submissions
        headers = {"Authorization": f"Bearer {self.api_key}"}
        with (
            httpx.Client(base_url=self.url, headers=headers, timeout=60) as client,
            ThreadPoolExecutor(CLIENTS) as pool,
        ):
            return list(pool.map(functools.partial(self._send, client), submissions))

    def erase(self, one: Submission) -> None:
        url = f"{self.url}/v1/jobs/{one.job_id}"
        response = httpx.delete(url, headers={"Authorization": f"Bearer {self.api_key}"}, timeout=60)
        assert response.status_code == 200, response.text

    def _send(self, client: httpx.Client, one: Submission) -> Submission:
        deadline = time.monotonic() + PATIENCE
        while one.job_id is None:
            assert not self.given_up.is_set()
            assert time.monotonic() < deadline, f"not accepted in time: {one.statuses}"
            began = time.monotonic()
            try:
                response = self._post(client, one)
            except httpx.TransportError:
                one.statuses[0] += 1
                time.sleep(0.1)
                continue
            one.slowest = max(one.slowest, time.monotonic() - began)
            one.statuses[response.status_code] += 1
            if response.status_code == 202:
                one.job_id = UUID(response.json()["id"])
                break
            assert response.status_code == 503, response.text
            assert int(response.headers["Retry-After"]) > 0
            time.sleep(0.2)
        return one

    def _post(self, client: httpx.Client, one: Submission) -> httpx.Response:
        fields = {"lane": one.lane.value}
        if self.callback_url:
            fields["callback_url"] = self.callback_url
        headers = {"Idempotency-Key": one.key}
        if one.path is not None:
            link = urljoin(self.receiver.url, one.path)
            return client.post("/v1/jobs", json={**fields, "url": link}, headers=headers)
        return client.post("/v1/jobs", files={"image": ("image", one.data)}, data=fields, headers=headers)
