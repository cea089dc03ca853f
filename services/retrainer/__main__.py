"""`python -m services.retrainer` becomes the Celery worker that takes retraining runs, one at a time."""

import os
import sys

from shared.queue import names

WORKER = ["worker", "--without-gossip", "--without-mingle", "--hostname", "retrain@%h"]

if __name__ == "__main__":
    command = ["-m", "celery", "-A", "services.retrainer.app", *WORKER, "-Q", names.RETRAINING, "--pool", "solo"]
    os.execv(sys.executable, [sys.executable, *command])  # noqa: S606 - our own interpreter
