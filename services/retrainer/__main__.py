"""`python -m services.retrainer` becomes the Celery worker that stands by for retraining runs."""

import importlib.util
import os
import sys

from shared.queue import names

WORKER = ["worker", "--without-gossip", "--without-mingle", "--hostname", "retrain@%h"]

if __name__ == "__main__":
    if importlib.util.find_spec("torch") is None:
        sys.exit("torch is not installed, and nothing is trained without it: pip install 'jinwi[retrainer]'")
    command = ["-m", "celery", "-A", "services.retrainer.loop.app", *WORKER, "-Q", names.RETRAINING, "--pool", "solo"]
    os.execv(sys.executable, [sys.executable, *command])  # noqa: S606 - our own interpreter
