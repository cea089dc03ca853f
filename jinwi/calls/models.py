"""The HTTP interface of model versions and rollouts, one function a call, as in `jinwi.calls.call`."""

from collections.abc import Mapping
from typing import BinaryIO
from urllib.parse import quote

from jinwi.calls.call import Call, Document, query
from jinwi.calls.lists import whole
from jinwi.results.models import Model


def list_models() -> Call[list[Model]]:
    return Call(method="GET", path="/v1/models", read=whole("models", Model.from_document))


def get_model(version: str) -> Call[Model]:
    return Call(method="GET", path=f"/v1/models/{quote(version, safe='')}", read=Model.from_document)


def changelog(limit: int) -> Call[list[Document]]:
    return Call(method="GET", path="/v1/models/changelog", read=whole("entries", dict), params=query({"limit": limit}))


def upload_model(files: Mapping[str, BinaryIO], wait: int) -> Call[Model]:
    return Call(method="POST", path="/v1/models", read=Model.from_document, files=files, wait=wait)


def promote_model(version: str, why: str | None, *, force: bool) -> Call[Model]:
    return Call(
        method="POST",
        path=f"/v1/models/{quote(version, safe='')}/promote",
        read=Model.from_document,
        json={"why": why, "force": force},
    )


def remove_model(version: str, why: str | None) -> Call[Model]:
    return Call(
        method="DELETE",
        path=f"/v1/models/{quote(version, safe='')}",
        read=Model.from_document,
        params=query({"why": why}),
    )


def roll_back_model() -> Call[Model]:
    return Call(method="POST", path="/v1/models/rollback", read=Model.from_document, repeatable=False)


def get_rollout(version: str) -> Call[Document]:
    return Call(method="GET", path=_rollout(version), read=dict)


def begin_rollout(version: str, why: str | None) -> Call[Document]:
    return Call(method="POST", path=_rollout(version), read=dict, json={"why": why})


def stop_rollout(version: str) -> Call[Document]:
    return Call(method="DELETE", path=_rollout(version), read=dict, repeatable=False)


def _rollout(version: str) -> str:
    return f"/v1/models/{quote(version, safe='')}/rollout"


def set_frozen(why: str | None, *, frozen: bool) -> Call[Document]:
    return Call(method="POST", path=f"/v1/models/{'freeze' if frozen else 'unfreeze'}", read=dict, json={"why": why})
