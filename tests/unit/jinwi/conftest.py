"""A small real HTTP server that speaks Jinwi's contract from memory, or answers as a test scripts it."""

import email
import email.policy
import errno
import json
import os
import sys
import threading
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

KEY = "jinwi_unit"

PNG = b"\x89PNG\r\n\x1a\n"

CARD = {
    "thresholds": {"likely_human": 0.2, "likely_ai": 0.8},
    "false_accusation_rate": {"value": 0.05, "low": 0.03, "high": 0.08, "n": 1200},
}


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A request as it arrived; `fields` are a form's or a JSON body's, `image` the uploaded bytes."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    fields: dict[str, Any]
    image: bytes | None
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Answer:
    """`status` 0 closes the connection without a word; `content` goes out instead of a document."""

    status: int
    document: Any = None
    content: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


Script = Answer | Callable[[Seen], Answer]


def job_document(job_id: str, state: str = "done", **changed: Any) -> dict[str, Any]:
    document = {
        "id": job_id,
        "state": state,
        "lane": "interactive",
        "external_id": None,
        "metadata": {},
        "url": None,
        "image": None,
        "allow_training": False,
        "result": result_document(0.51, "uncertain") if state == "done" else None,
        "error": {"reason": "undecodable", "detail": "The file is cut off."} if state == "failed" else None,
        "created_at": "2026-11-21T09:26:00.120000+00:00",
        "finished_at": None if state in {"queued", "running"} else "2026-11-21T09:26:01+00:00",
        "timings_ms": {},
        "links": {"self": f"/v1/jobs/{job_id}"},
    }
    return document | changed


def result_document(ai_probability: float, verdict: str, *reasons: dict[str, str]) -> dict[str, Any]:
    return {
        "ai_probability": ai_probability,
        "human_probability": 1 - ai_probability,
        "verdict": verdict,
        "thresholds": {"likely_human": 0.2, "likely_ai": 0.8},
        "model": {"version": "0.1.0", "sha256": "00"},
        "reasons": list(reasons),
        "policy_version": 1,
        "evidence": {},
        "advisory": "Supporting evidence only. A person decides.",
    }


def problem(status: int, title: str, detail: str, **headers: str) -> Answer:
    document = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return Answer(status=status, document=document, headers=headers)


class Jinwi:
    """Jobs in memory, keyed by idempotency key. The last byte of an image is its AI probability in percent."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.script: deque[Script] = deque()
        self.routes: dict[tuple[str, str], Script] = {}
        self.jobs: dict[str, dict[str, Any]] = {}
        self.map: bytes | None = None
        """What the model draws for every image."""
        self.lock = threading.Lock()
        self.url = ""

    def submissions(self) -> list[Seen]:
        return [seen for seen in self.seen if (seen.method, seen.path) == ("POST", "/v1/jobs")]

    def answer(self, seen: Seen) -> Answer:
        with self.lock:
            self.seen.append(seen)
            scripted = self.routes.get((seen.method, seen.path))
            if scripted is None and self.script and seen.path != "/health/live":
                scripted = self.script.popleft()
        if scripted is None:
            scripted = self.serve
        return scripted(seen) if callable(scripted) else scripted

    def serve(self, seen: Seen) -> Answer:
        """The contract itself."""
        if seen.headers.get("authorization") != f"Bearer {KEY}":
            return problem(401, "Unauthorized", "This key is not known.")
        match seen.method, seen.path.split("/")[2:]:
            case "POST", ["jobs"]:
                return self._submit(seen)
            case "GET", ["jobs", job_id]:
                with self.lock:
                    found = [job for job in self.jobs.values() if job["id"] == job_id]
                return Answer(status=200, document=found[0]) if found else problem(404, "Not found", "No job.")
            case "GET", ["jobs", _, "map.png"] if self.map:
                return Answer(status=200, content=self.map)
            case "GET", ["models", "champion"]:
                return Answer(status=200, document={"version": "0.1.0", "aliases": ["champion"], "card": CARD})
            case _:
                return problem(404, "Not found", seen.path)

    def _submit(self, seen: Seen) -> Answer:
        percent = seen.image[-1] if seen.image else 50
        if percent > 100:
            return problem(415, "Unsupported", "Not an image.")
        verdict = "likely_human" if percent <= 20 else "likely_ai" if percent >= 80 else "uncertain"
        job_id, result = str(uuid.uuid4()), result_document(percent / 100, verdict)
        if self.map:
            result["evidence"] = {"map": f"/v1/jobs/{job_id}/map.png"}
        with self.lock:
            job = self.jobs.setdefault(
                seen.headers["idempotency-key"],
                job_document(job_id, lane=seen.fields.get("lane", "interactive"), result=result),
            )
        return Answer(status=200 if "prefer" in seen.headers else 202, document=job)


def _handler(jinwi: Jinwi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            answer = jinwi.answer(self._seen())
            if answer.status == 0:
                self.close_connection = True
                return
            body = answer.content if answer.document is None else json.dumps(answer.document).encode()
            self.send_response(answer.status)
            for name, value in {**answer.headers, "Content-Length": str(len(body))}.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815 - as the base class calls them

        def _seen(self) -> Seen:
            url = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            fields, image = _fields(self.headers.get("Content-Type", ""), body)
            return Seen(
                method=self.command,
                path=url.path,
                query=dict(parse_qsl(url.query)),
                headers={name.lower(): value for name, value in self.headers.items()},
                fields=fields,
                image=image,
                body=body,
            )

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


def _fields(content_type: str, body: bytes) -> tuple[dict[str, Any], bytes | None]:
    if content_type.startswith("application/json"):
        return json.loads(body), None
    if not content_type.startswith("multipart/form-data"):
        return {}, None
    message = email.message_from_bytes(
        b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body, policy=email.policy.HTTP
    )
    parts = {
        part.get_param("name", header="content-disposition"): part.get_payload(decode=True)
        for part in message.iter_parts()
    }
    image = parts.pop("image", None)
    return {name: value.decode(errors="replace") for name, value in parts.items()}, image


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, jinwi: Jinwi) -> None:
        super().__init__(("127.0.0.1", 0), _handler(jinwi))
        self.faults: list[BaseException | None] = []

    def handle_error(self, *_: Any) -> None:
        # A client that goes away in the middle is what some tests are about.
        if not isinstance(fault := sys.exception(), ConnectionError):
            self.faults.append(fault)


@pytest.fixture
def locked(monkeypatch):
    """What makes a folder one that cannot be read, which modes cannot where the tests run as root."""
    scandir, folders = os.scandir, set()

    def refuse(path="."):
        if path in folders:
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    return lambda folder: folders.add(str(folder))


@pytest.fixture
def jinwi() -> Iterator[Jinwi]:
    jinwi = Jinwi()
    server = _Server(jinwi)
    jinwi.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield jinwi
    server.shutdown()
    thread.join()
    server.server_close()
    assert server.faults == []
