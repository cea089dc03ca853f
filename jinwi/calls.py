"""The HTTP interface, one function a call: what is sent, and how the answer is read. No I/O here."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO, Generic, TypedDict, TypeVar
from urllib.parse import quote

from jinwi.results import Job, Model, Page
from jinwi.twins import Similar

T = TypeVar("T")

Document = Mapping[str, Any]


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


class AuditFilters(TypedDict, total=False):
    """Which acts a list holds: of this kind, done with this key, at `since` or later."""

    action: str | None
    key_id: str | None
    since: datetime | None


class GoldFilters(TypedDict, total=False):
    """Which labelled images a list holds."""

    label: str | None
    part: str | None
    owner: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Call(Generic[T]):
    """One request. `repeatable`: sending it twice does no more than sending it once.

    `read` gets the answer's JSON, or its bytes where it is `raw`.
    """

    method: str
    path: str
    read: Callable[[Any], T]
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Document | None = None
    form: Mapping[str, str] | None = None
    image: bytes | BinaryIO | None = None
    files: Mapping[str, BinaryIO] | None = None
    raw: bool = False
    repeatable: bool = True
    wait: int = 0
    """Seconds for which the server is asked to hold the answer back until the job is final."""


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


def list_jobs(filters: Filters, limit: int, cursor: str | None) -> Call[Page]:
    params = _params({**filters, "limit": limit, "cursor": cursor})
    return Call(method="GET", path="/v1/jobs", read=Page.from_document, params=params)


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


def list_reference_indexes() -> Call[list[Document]]:
    return Call(method="GET", path="/v1/reference-indexes", read=lambda document: list(document["indexes"]))


def list_reference_pictures(name: str, limit: int, after: str | None) -> Call[Document]:
    params = _params({"limit": limit, "after": after})
    return Call(method="GET", path=f"/v1/reference-indexes/{quote(name, safe='')}", read=dict, params=params)


def remove_reference_index(name: str) -> Call[Document]:
    return Call(method="DELETE", path=f"/v1/reference-indexes/{quote(name, safe='')}", read=dict)


def list_models() -> Call[list[Model]]:
    def read(document: Document) -> list[Model]:
        return [Model.from_document(each) for each in document["models"]]

    return Call(method="GET", path="/v1/models", read=read)


def get_model(version: str) -> Call[Model]:
    return Call(method="GET", path=f"/v1/models/{quote(version, safe='')}", read=Model.from_document)


def changelog(limit: int) -> Call[list[Document]]:
    return Call(
        method="GET",
        path="/v1/models/changelog",
        read=lambda document: list(document["entries"]),
        params=_params({"limit": limit}),
    )


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
        params=_params({"why": why}),
    )


def roll_back_model() -> Call[Model]:
    return Call(method="POST", path="/v1/models/rollback", read=Model.from_document, repeatable=False)


def add_gold(image: bytes | BinaryIO, form: Mapping[str, str]) -> Call[Document]:
    return Call(method="POST", path="/v1/gold", read=dict, form=form, image=image)


def list_gold(filters: GoldFilters, limit: int, cursor: str | None) -> Call[Document]:
    return Call(method="GET", path="/v1/gold", read=dict, params=_params({**filters, "limit": limit, "cursor": cursor}))


def remove_gold(sha256: str) -> Call[Document]:
    return Call(method="DELETE", path=f"/v1/gold/{quote(sha256, safe='')}", read=dict)


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


def pin_model(version: str | None) -> Call[Document]:
    """RFC 7396."""
    return Call(method="PATCH", path="/v1/policy", read=dict, json={"model": version})


def get_policy() -> Call[Document]:
    return Call(method="GET", path="/v1/policy", read=dict)


def change_policy(changes: Mapping[str, Any]) -> Call[Document]:
    """RFC 7396."""
    return Call(method="PATCH", path="/v1/policy", read=dict, json=dict(changes))


def list_lanes() -> Call[list[Document]]:
    return Call(method="GET", path="/v1/lanes", read=lambda document: list(document["lanes"]))


def set_lane(lane: str, *, paused: bool) -> Call[Document]:
    return Call(method="PUT", path=f"/v1/lanes/{quote(lane, safe='')}", read=dict, json={"paused": paused})


def list_keys() -> Call[list[Document]]:
    return Call(method="GET", path="/v1/keys", read=lambda document: list(document["keys"]))


def create_key(name: str, scopes: list[str]) -> Call[Document]:
    return Call(method="POST", path="/v1/keys", read=dict, json={"name": name, "scopes": scopes}, repeatable=False)


def revoke_key(key_id: str) -> Call[Document]:
    return Call(method="DELETE", path=f"/v1/keys/{quote(key_id, safe='')}", read=dict)


def list_acts(filters: AuditFilters, limit: int, cursor: str | None) -> Call[Document]:
    return Call(
        method="GET", path="/v1/audit", read=dict, params=_params({**filters, "limit": limit, "cursor": cursor})
    )


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


def _params(asked: Mapping[str, Any]) -> dict[str, str]:
    return {name: _query_text(value) for name, value in asked.items() if value is not None}


def _query_text(value: Any) -> str:
    # A time without a zone is the caller's local time.
    return value.astimezone().isoformat() if isinstance(value, datetime) else str(value)


def _form_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
