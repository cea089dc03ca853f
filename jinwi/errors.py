"""What can go wrong for a caller of the SDK.

JinwiError
├── ApiError        the server answered with an error: `status`, `problem`
│   └── Refused     4xx: the same request would be refused again
├── Unavailable     no answer, or none but "busy", in the time allowed
├── Timeout         the job has not ended in the time allowed; it goes on without us
└── RunTimeout      as Timeout, of a retraining run
"""

from collections.abc import Mapping
from typing import Any

from jinwi.results.jobs import Job
from jinwi.results.retraining import Run


class JinwiError(Exception):
    """Base of all."""


class ApiError(JinwiError):
    """`problem` is the answer's problem document (RFC 9457)."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        title, detail = problem.get("title"), problem.get("detail")
        super().__init__(f"{status} {title}: {detail}" if detail else f"{status} {title}")
        self.status = status
        self.problem = problem


class Refused(ApiError):
    pass


class Unavailable(JinwiError):
    """`problem` is what a busy server said last; None when no server answered."""

    def __init__(self, message: str, problem: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.problem = problem


class Timeout(JinwiError):
    """`job` is the job as last seen; `Client.wait(job)` goes on waiting."""

    def __init__(self, job: Job) -> None:
        super().__init__(f"job {job.id} is still {job.state} after the time allowed")
        self.job = job


class RunTimeout(JinwiError):
    """`run` is the run as last seen; `client.retraining.wait(run)` goes on waiting."""

    def __init__(self, run: Run) -> None:
        super().__init__(f"run {run.id} is still {run.state} after the time allowed")
        self.run = run
