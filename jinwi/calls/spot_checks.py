"""The HTTP interface of spot checks, one function a call, as in `jinwi.calls.call`."""

from urllib.parse import quote

from jinwi.calls.call import Call, Document, query
from jinwi.calls.lists import Page, paged

ROOT = "/v1/spot-checks"


def list_spot_checks(labelled: bool, limit: int, cursor: str | None) -> Call[Page[Document]]:
    params = query({"state": "labelled" if labelled else "waiting", "limit": limit, "cursor": cursor})
    return Call(method="GET", path=ROOT, read=paged("spot_checks", dict), params=params)


def read_image(check_id: str) -> Call[bytes]:
    return Call(method="GET", path=f"{_path(check_id)}/image", read=bytes, raw=True)


def label_spot_check(check_id: str, label: str, reason: str, *, regression: bool) -> Call[Document]:
    said = {"label": label, "reason": reason, "regression": regression}
    return Call(method="POST", path=_path(check_id), read=dict, json=said, repeatable=False)


def _path(check_id: str) -> str:
    return f"{ROOT}/{quote(check_id, safe='')}"
