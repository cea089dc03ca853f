"""The HTTP interface of reference indexes, one function a call, as in `jinwi.calls.call`."""

from urllib.parse import quote

from jinwi.calls.call import Call, Document, query
from jinwi.calls.lists import Page, paged, whole

PICTURES_PAGE = 1000
"""Of an index, whose rows are short."""


def list_reference_indexes() -> Call[list[Document]]:
    return Call(method="GET", path="/v1/reference-indexes", read=whole("indexes", dict))


def list_reference_pictures(name: str, limit: int, after: str | None) -> Call[Page[Document]]:
    return Call(
        method="GET",
        path=f"/v1/reference-indexes/{quote(name, safe='')}",
        read=paged("pictures", dict, cursor="next_after"),
        params=query({"limit": limit, "after": after}),
    )


def remove_reference_index(name: str) -> Call[Document]:
    return Call(method="DELETE", path=f"/v1/reference-indexes/{quote(name, safe='')}", read=dict)
