"""Jinwi says how likely an image is AI-generated. `from jinwi import Client` talks to a running server."""

import importlib
from typing import TYPE_CHECKING, Any

from jinwi.errors import ApiError, JinwiError, Refused, RunTimeout, Timeout, Unavailable
from jinwi.results.jobs import Job, Lane, Result, State, Verdict
from jinwi.results.models import Model
from jinwi.results.retraining import Run, RunOutcome
from jinwi.results.reviews import Label
from jinwi.results.twins import Similar, Twin
from jinwi.results.webhooks import Delivery, Webhook

if TYPE_CHECKING:
    from jinwi.async_client import AsyncClient
    from jinwi.client import Client

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


CLIENTS = {"AsyncClient": "jinwi.async_client", "Client": "jinwi.client"}


def __getattr__(name: str) -> Any:
    # The clients bring httpx, a tenth of a second that `jinwi --help` need not wait.
    if name in CLIENTS:
        return getattr(importlib.import_module(CLIENTS[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
