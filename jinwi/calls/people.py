"""The HTTP interface of links and appeals, one function a call, as in `jinwi.calls.call`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypedDict
from urllib.parse import quote

from jinwi.calls.call import Call, query
from jinwi.calls.lists import Page, paged, whole
from jinwi.results.people import Appeal, Link

APPEALS = "/v1/appeals"


class AppealFilters(TypedDict, total=False):
    """Which appeals a list holds."""

    state: str | None
    job_id: str | None


class Decision(TypedDict, total=False):
    """What may be said with a decision; `label` is needed where the verdict took no side."""

    label: str | None
    checklist: Mapping[str, str]


def create_link(job_id: str, expires_at: datetime | None) -> Call[Link]:
    # A time without a zone is the caller's local time.
    said = {"expires_at": expires_at.astimezone().isoformat() if expires_at else None}
    return Call(method="POST", path=_links(job_id), read=Link.from_document, json=said, repeatable=False)


def list_links(job_id: str) -> Call[list[Link]]:
    return Call(method="GET", path=_links(job_id), read=whole("links", Link.from_document))


def revoke_link(job_id: str, link_id: str) -> Call[Link]:
    return Call(method="DELETE", path=f"{_links(job_id)}/{quote(link_id, safe='')}", read=Link.from_document)


def list_appeals(filters: AppealFilters, limit: int, cursor: str | None) -> Call[Page[Appeal]]:
    params = query({**filters, "limit": limit, "cursor": cursor})
    return Call(method="GET", path=APPEALS, read=paged("appeals", Appeal.from_document), params=params)


def get_appeal(appeal_id: str) -> Call[Appeal]:
    return Call(method="GET", path=_appeal(appeal_id), read=Appeal.from_document)


def get_appeal_file(appeal_id: str, number: int) -> Call[bytes]:
    return Call(method="GET", path=f"{_appeal(appeal_id)}/files/{number}", read=bytes, raw=True)


def decide_appeal(appeal_id: str, outcome: str, reason: str, reviewer: str, further: Decision) -> Call[Appeal]:
    said: dict[str, Any] = {"outcome": outcome, "reason": reason, "reviewer": reviewer}
    said |= {name: value for name, value in further.items() if value is not None}
    path = f"{_appeal(appeal_id)}/decision"
    return Call(method="POST", path=path, read=Appeal.from_document, json=said, repeatable=False)


def _links(job_id: str) -> str:
    return f"/v1/jobs/{quote(job_id, safe='')}/links"


def _appeal(appeal_id: str) -> str:
    return f"{APPEALS}/{quote(appeal_id, safe='')}"
