"""The HTTP interface of labelled images, one function a call, as in `jinwi.calls.call`."""

from collections.abc import Mapping
from typing import BinaryIO, TypedDict
from urllib.parse import quote

from jinwi.calls.call import Call, Document, query
from jinwi.calls.lists import Page, paged, whole


class GoldFilters(TypedDict, total=False):
    """Which labelled images a list holds."""

    label: str | None
    part: str | None
    owner: str | None


def add_gold(image: bytes | BinaryIO, form: Mapping[str, str]) -> Call[Document]:
    return Call(method="POST", path="/v1/gold", read=dict, form=form, image=image)


def list_gold(filters: GoldFilters, limit: int, cursor: str | None) -> Call[Page[Document]]:
    params = query({**filters, "limit": limit, "cursor": cursor})
    return Call(method="GET", path="/v1/gold", read=paged("images", dict), params=params)


def count_gold(filters: GoldFilters) -> Call[list[Document]]:
    return Call(method="GET", path="/v1/gold", read=whole("counts", dict), params=query({**filters, "limit": 1}))


def remove_gold(sha256: str) -> Call[Document]:
    return Call(method="DELETE", path=f"/v1/gold/{quote(sha256, safe='')}", read=dict)
