"""The HTTP interface of policies, lanes, keys and the audit log, one function a call, as in `jinwi.calls.call`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypedDict
from urllib.parse import quote

from jinwi.calls.call import Call, Document, query
from jinwi.calls.lists import Page, paged, whole


class AuditFilters(TypedDict, total=False):
    """Which acts a list holds: of this kind, done with this key, at `since` or later."""

    action: str | None
    key_id: str | None
    since: datetime | None


def get_policy() -> Call[Document]:
    return Call(method="GET", path="/v1/policy", read=dict)


def change_policy(changes: Mapping[str, Any]) -> Call[Document]:
    """RFC 7396."""
    return Call(method="PATCH", path="/v1/policy", read=dict, json=dict(changes))


def list_lanes() -> Call[list[Document]]:
    return Call(method="GET", path="/v1/lanes", read=whole("lanes", dict))


def set_lane(lane: str, *, paused: bool) -> Call[Document]:
    return Call(method="PUT", path=f"/v1/lanes/{quote(lane, safe='')}", read=dict, json={"paused": paused})


def list_keys() -> Call[list[Document]]:
    return Call(method="GET", path="/v1/keys", read=whole("keys", dict))


def create_key(name: str, scopes: list[str]) -> Call[Document]:
    return Call(method="POST", path="/v1/keys", read=dict, json={"name": name, "scopes": scopes}, repeatable=False)


def revoke_key(key_id: str) -> Call[Document]:
    return Call(method="DELETE", path=f"/v1/keys/{quote(key_id, safe='')}", read=dict)


def list_acts(filters: AuditFilters, limit: int, cursor: str | None) -> Call[Page[Document]]:
    params = query({**filters, "limit": limit, "cursor": cursor})
    return Call(method="GET", path="/v1/audit", read=paged("acts", dict), params=params)
