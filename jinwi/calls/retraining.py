"""The HTTP interface of retraining runs, one function a call, as in `jinwi.calls.call`."""

from typing import Any, TypedDict
from urllib.parse import quote

from jinwi.calls.call import Call, query
from jinwi.calls.lists import Page, paged
from jinwi.results.retraining import Run

ROOT = "/v1/retraining"


class RunOptions(TypedDict, total=False):
    """What may be said of a run; what is not is as the server is set."""

    mode: str | None
    min_samples: int | None
    seed: int
    idempotency_key: str
    """The same key sent again gives the same run; made anew for each where none is given."""


def start_run(options: RunOptions, idempotency_key: str) -> Call[Run]:
    said: dict[str, Any] = {
        name: value for name, value in options.items() if name != "idempotency_key" and value is not None
    }
    headers = {"Idempotency-Key": idempotency_key}
    return Call(method="POST", path=ROOT, read=Run.from_document, headers=headers, json=said)


def list_runs(limit: int, cursor: str | None) -> Call[Page[Run]]:
    params = query({"limit": limit, "cursor": cursor})
    return Call(method="GET", path=ROOT, read=paged("runs", Run.from_document), params=params)


def get_run(run_id: str) -> Call[Run]:
    return Call(method="GET", path=_path(run_id), read=Run.from_document)


def cancel_run(run_id: str) -> Call[Run]:
    return Call(method="POST", path=f"{_path(run_id)}/cancel", read=Run.from_document, repeatable=False)


def _path(run_id: str) -> str:
    return f"{ROOT}/{quote(run_id, safe='')}"
