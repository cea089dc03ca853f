"""The published experiments that this project came from, run again: `jinwi reproduce`.

May import training, and every room of the laboratory below it.
"""

import math
import sys
from pathlib import Path

from services.retrainer.reproduce import aiornot, artbench, cifake
from services.retrainer.reproduce.order import Order
from services.retrainer.reproduce.report import write

EXPERIMENTS = {"cifake": cifake.run, "aiornot": aiornot.run, "artbench": artbench.run}

PASSES = 10
"""How often each network sees the data; what the projects took they do not say."""


def reproduce(
    experiment: str,
    *,
    data: str,
    out: Path,
    trials: int = 0,
    minutes: float = math.inf,
    passes: float = PASSES,
    seed: int = 0,
) -> Path:
    """Train and measure for at most `minutes`, and write what there is to `out`; gives the page.

    Called again with the same arguments it goes on; where a training is not done the tables have no figure yet.
    `trials` by chance follow the experiment's own.
    """
    order = Order(data=data, out=out, trials=trials, seconds=60 * minutes, passes=passes, seed=seed, say=_say)
    page = write(EXPERIMENTS[experiment](order), out)
    _say(f"wrote {page}")
    return page


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
