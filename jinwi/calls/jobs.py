"""The HTTP interface of jobs, one function a call, as in `jinwi.calls.call`."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, BinaryIO, TypedDict
from urllib.parse import quote

from jinwi.calls.call import Call, Document, query
from jinwi.calls.lists import Page, paged
from jinwi.results.jobs import Job
from jinwi.results.twins import Similar


class Options(TypedDict, total=False):
    """What may be said with an image."""

    external_id: str | None
    metadata: Mapping[str, Any] | None
    lane: str
    allow_training: bool | None
    evidence: str | None
    """`full` also scores the image in six other forms; else as the tenant's policy says."""
    reference_index: str | None
    """Keep the image's hash and embedding in this index of references, and then erase image and job."""
    callback_url: str | None
    idempotency_key: str
    """The same key sent again gives the same job; made anew for each submission where none is given."""


class Filters(TypedDict, total=False):
    """Which jobs a list holds: those created at `created_after` or later, and before `created_before`."""

    state: str | None
    verdict: str | None
    review: str | None
    external_id: str | None
    created_after: datetime | None
    created_before: datetime | None


def submit_link(url: str, options: Options, idempotency_key: str, wait: int = 0) -> Call[Job]:
    return Call(
        method="POST",
        path="/v1/jobs",
        read=Job.from_document,
        headers={"Idempotency-Key": idempotency_key, **_prefer(wait)},
        json={"url": url, **_fields(options)},
        wait=wait,
    )


def submit_image(image: bytes | BinaryIO, options: Options, idempotency_key: str, wait: int = 0) -> Call[Job]:
    return Call(
        method="POST",
        path="/v1/jobs",
        read=Job.from_document,
        headers={"Idempotency-Key": idempotency_key, **_prefer(wait)},
        form={name: _form_text(value) for name, value in _fields(options).items()},
        image=image,
        wait=wait,
    )


def get_job(job_id: str, wait: int = 0) -> Call[Job]:
    return Call(
        method="GET",
        path=f"/v1/jobs/{quote(job_id, safe='')}",
        read=Job.from_document,
        headers=_prefer(wait),
        wait=wait,
    )


def get_map(job_id: str) -> Call[bytes]:
    return Call(method="GET", path=f"/v1/jobs/{quote(job_id, safe='')}/map.png", read=_png, raw=True)


def get_similar(job_id: str) -> Call[Similar]:
    return Call(method="GET", path=f"/v1/jobs/{quote(job_id, safe='')}/similar", read=Similar.from_document)


def list_jobs(filters: Filters, limit: int, cursor: str | None) -> Call[Page[Job]]:
    params = query({**filters, "limit": limit, "cursor": cursor})
    return Call(method="GET", path="/v1/jobs", read=paged("jobs", Job.from_document), params=params)


def known(filters: Filters) -> Filters:
    """The same; raises TypeError when one is no filter, as a call with an unknown argument does."""
    if unknown := filters.keys() - Filters.__annotations__.keys():
        raise TypeError(f"no such filter: {', '.join(sorted(unknown))}")
    return filters


def erase_job(job_id: str) -> Call[Job]:
    return Call(method="DELETE", path=f"/v1/jobs/{quote(job_id, safe='')}", read=Job.from_document)


def review_job(
    job_id: str, label: str, reason: str, reviewer: str, checklist: Mapping[str, str] | None = None
) -> Call[Document]:
    said: dict[str, Any] = {"label": label, "reason": reason, "reviewer": reviewer}
    return Call(
        method="POST",
        path=f"/v1/jobs/{quote(job_id, safe='')}/review",
        read=dict,
        json=said | {"checklist": dict(checklist)} if checklist else said,
        repeatable=False,
    )


def get_training(job_id: str) -> Call[Document]:
    return Call(method="GET", path=f"/v1/jobs/{quote(job_id, safe='')}/training", read=dict)


def _png(content: bytes) -> bytes:
    if not content.startswith(b"\x89PNG"):
        raise ValueError("not a PNG")
    return content


def _prefer(wait: int) -> dict[str, str]:
    """RFC 7240, section 4.3."""
    return {"Prefer": f"wait={wait}"} if wait else {}


def _fields(options: Options) -> dict[str, Any]:
    names = ("external_id", "metadata", "lane", "allow_training", "callback_url", "evidence", "reference_index")
    return {name: options[name] for name in names if options.get(name) is not None}  # type: ignore[literal-required]


def _form_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
