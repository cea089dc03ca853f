"""Writes docs/reference/faults.md from the rows of a run: `python -m tests.faults.table ROWS`.

The faults of the pipeline and those of the retrainer are counted apart: rows of one kind alone leave what the page says
of the other as it is.
"""

import json
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "faults.md"

BACKLOG = "Backlog"
RETRAINER = "Retrainer"

# As the documents spell what the tests' names have in small letters.
NAMES = {"api": "API", "postgres": "PostgreSQL", "redis": "Redis", "objects": "Object store", "poison": "Pictures"}

HEAD = """# Faults tried

Written by `make faults`, which provokes each fault below on the real system: PostgreSQL, Redis, an S3 server, API,
scorer, fetcher, sender and sweeper, each a process of its own. While jobs are submitted as customers do it (files and
links, both lanes, a callback each, tried again after a `503`), the fault strikes; then one function,
`tests/faults/invariant.py`, looks at the database, the object store, Redis and the receiver's log:

- every accepted job ended as done, failed, dead or erased; none was made twice, none is still running;
- each has one result, ended by one attempt, and its probability is that of the model run directly;
- each finished job's webhook arrived at least once, always under the same `webhook-id`, signed, telling the job's end;
- every image that a job refers to is in the store, no other is, and references and counters agree with a count;
- no Redis list holds more than 64 messages.

Measured on {date}, on {machine}.
The settings are short ones (a lease of {lease} s instead of 90, a sweep each 0.3 s), so that recovery from a dead
worker, which waits for its lease, is shorter here than by default. *To recover* counts from the end of the fault until
no job and no webhook waits; *slowest job* from its submission to its end.

**In all: {jobs:,} jobs submitted, {faults} faults injected, {lost} jobs lost, {duplicated} results duplicated,
{missing} webhooks missing. Slowest recovery: {slowest:.1f} s ({slowest_name});** the backlog's time is that of its work.
"""

TABLE = """
## {part}

| fault | jobs | ended as | faults | lost | doubled | webhooks missing | to recover, s | slowest job, s |
|---|---|---|---|---|---|---|---|---|
"""


RETRAINER_HEAD = """
## Retrainer

Measured on {date}, on {machine}, with a load average of {load:.0f}: the times are those of a machine that has other work.
A real run (a small network, real pictures, PostgreSQL, an S3 server, each attempt a process of its own) is struck in one of
its stages and taken up again. `tests/faults/test_retraining.py` then finds one version, whole, with every file as its
manifest says, its one move, and each sample judged once; nothing else may be there, neither a second version nor files
without theirs. A full disk ends the run with `disk_full`, and the next one publishes from what the first had admitted.
*To recover* counts from the end of the fault until the run has ended.

| fault | times | runs failed | versions published | half-published | to recover, s |
|---|---|---|---|---|---|
"""


def page(jobs: Sequence[Mapping[str, Any]], runs: Sequence[Mapping[str, Any]], before: str) -> str:
    """Both halves; the one without rows as it stands in the page `before`."""
    old_jobs, heading, old_runs = before.partition("\n## Retrainer\n")
    return (of_jobs(jobs) if jobs else old_jobs) + (of_runs(runs) if runs else heading + old_runs)


def of_runs(rows: Sequence[Mapping[str, Any]]) -> str:
    *_, load = os.getloadavg()
    text = RETRAINER_HEAD.format(date=datetime.now(UTC).date().isoformat(), machine=machine(), load=load)
    for row in rows:
        cells = [spelled(row["fault"]), row["faults"], row["failed"], row["published"], row["half_published"]]
        text += f"| {' | '.join(map(str, [*cells, row['recovery_seconds']]))} |\n"
    return text


def of_jobs(rows: Sequence[Mapping[str, Any]]) -> str:
    slowest = max((row for row in rows if row["part"] != BACKLOG), key=lambda row: row["recovery_seconds"])
    text = HEAD.format(
        date=datetime.now(UTC).date().isoformat(),
        machine=machine(),
        lease=rows[0]["lease_seconds"],
        jobs=sum(row["jobs"] for row in rows),
        faults=sum(row["faults"] for row in rows),
        lost=sum(row["lost"] for row in rows),
        duplicated=sum(row["duplicated"] for row in rows),
        missing=sum(row["webhooks_missing"] for row in rows),
        slowest=slowest["recovery_seconds"],
        slowest_name=spelled(slowest["fault"]),
    )
    for part, tried in groupby(sorted(rows, key=lambda row: row["part"]), key=lambda row: row["part"]):
        text += TABLE.format(part=NAMES.get(part.lower(), part)) + "".join(line(row) for row in tried)
    return text


def line(row: Mapping[str, Any]) -> str:
    ended = ", ".join(f"{count:,} {state}" for state, count in sorted(row["states"].items()))
    cells = [
        spelled(row["fault"]),
        f"{row['jobs']:,}",
        ended,
        row["faults"],
        row["lost"],
        row["duplicated"],
        row["webhooks_missing"],
        row["recovery_seconds"],
        row["slowest_seconds"],
    ]
    return f"| {' | '.join(map(str, cells))} |\n"


def spelled(fault: str) -> str:
    return " ".join(NAMES.get(word, word) for word in fault.split(" "))


def machine() -> str:
    names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    name = names[0].partition(":")[2].strip() if names else platform.machine()
    return f"{os.cpu_count()} cores ({name}), Python {platform.python_version()}"


def main() -> None:
    rows = [json.loads(line) for line in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()]
    jobs, runs = ([row for row in rows if (row["part"] == RETRAINER) is wanted] for wanted in (False, True))
    PAGE.write_text(page(jobs, runs, PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"{len(rows)} faults tried: {PAGE}")  # noqa: T201


if __name__ == "__main__":
    main()
