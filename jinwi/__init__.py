"""Jinwi says how likely an image is AI-generated. `from jinwi import Client` talks to a running server."""

import importlib
from typing import TYPE_CHECKING, Any

from jinwi.errors import ApiError, JinwiError, Refused, RunTimeout, Timeout, Unavailable
from jinwi.results import Job, Label, Lane, Model, Result, State, Verdict
from jinwi.retraining_results import Run, RunOutcome
from jinwi.twins import Similar, Twin
from jinwi.webhook_results import Delivery, Webhook

if TYPE_CHECKING:
    from jinwi.client import AsyncClient, Client

__all__ = [
    "ApiError",
    "AsyncClient",
    "Client",
    "Delivery",
    "JinwiError",
    "Job",
    "Label",
    "Lane",
    "Model",
    "Refused",
    "Result",
    "Run",
    "RunOutcome",
    "RunTimeout",
    "Similar",
    "State",
    "Timeout",
    "Twin",
    "Unavailable",
    "Verdict",
    "Webhook",
]


def __getattr__(name: str) -> Any:
    # The clients bring httpx, a tenth of a second that `jinwi --help` need not wait.
    if name in {"AsyncClient", "Client"}:
        return getattr(importlib.import_module("jinwi.client"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
