"""`python -m services.worker score|fetch|schedule` becomes the Celery command with our settings in its arguments."""

import os
import sys

from shared import config
from shared.config import Settings
from shared.domain.job import Stage
from shared.errors import JinwiError
from shared.queue import names


def arguments(role: str, settings: Settings) -> list[str]:
    """The `celery` command line of a role; raises KeyError for a role that is none."""
    worker = ["-A", "services.worker.app", "worker", "--without-gossip", "--without-mingle", "--hostname", f"{role}@%h"]
    return {
        "score": [*worker, "-Q", ",".join(names.queues(Stage.SCORE)), "-c", str(settings.worker_processes)],
        "fetch": [
            *worker,
            *("-Q", ",".join([*names.queues(Stage.FETCH), names.MAINTENANCE])),
            *("--pool", "threads", "-c", str(settings.fetch_threads)),
        ],
        "schedule": ["-A", "services.worker.schedule", "beat", "--schedule", str(settings.home / "run" / "schedule")],
    }[role]


def main() -> None:
    if len(sys.argv) != 2 or sys.argv[1] not in {"score", "fetch", "schedule"}:
        sys.exit("usage: python -m services.worker score|fetch|schedule")
    try:
        settings = config.load()
    except JinwiError as exc:
        sys.exit(str(exc))
    command = [sys.executable, "-m", "celery", *arguments(sys.argv[1], settings)]
    os.execv(sys.executable, command)  # noqa: S606 - our own interpreter


if __name__ == "__main__":
    main()
