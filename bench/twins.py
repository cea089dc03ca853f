"""How long it takes to find a picture again among many: `python -m bench.twins --help`.

On a PostgreSQL of its own, with the schema, the statements and the server's settings of the embedded stack.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
from psycopg.rows import dict_row
from rich.console import Console
from rich.table import Table

from deploy.local.servers import Postgres, free_ports
from shared.domain.fingerprint import BYTES, NEAR, Fingerprint
from shared.storage import fingerprints
from shared.storage.db import Connection
from shared.storage.fingerprints import Sighting
from shared.storage.migrate import migrate

WIDTH = 120
BATCH = 8
"""Jobs that a scoring process finishes at a time."""

PAPER = 100_000_000
SEARCH = ("median", "p95", "processor")
PASSWORD = "bench"  # noqa: S105 - of a server that listens on the loopback and is gone with the bench


def main(arguments: Sequence[str] | None = None) -> None:
    asked = _arguments(arguments)
    chance = np.random.default_rng(asked.seed)
    console = Console() if sys.stdout.isatty() else Console(width=WIDTH)
    with tempfile.TemporaryDirectory(prefix="jinwi-bench-") as folder, server(Path(folder)) as connection:
        rows = [measure(connection, size, chance, tries=asked.tries) for size in sorted(asked.hashes)]
    if len(rows) > 1:
        rows.append(on_paper(rows))
    console.print(_table(rows))
    if asked.out:
        asked.out.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


def measure(connection: Connection, size: int, chance: np.random.Generator, *, tries: int) -> dict[str, Any]:
    """The figures for a tenant of its own with `size` random hashes, half of the searches for one that is there.

    A search compares 0.049 % of random hashes, and 0.065 % of those of 500 photographs and drawings.
    """
    owner = tenant(connection)
    known = _fill(connection, owner, size, chance)
    searches, missed = [], 0
    before = processor_seconds(connection)
    for number in range(tries):
        pdq = _turned(known[number % len(known)], chance) if number % 2 else chance.bytes(BYTES)
        found, seconds = timed(lambda pdq=pdq: _search(connection, owner, pdq, chance))  # type: ignore[misc]
        searches.append(seconds)
        missed += number % 2 and not found
    processor = processor_seconds(connection) - before
    inserts = [_finish(connection, owner, chance) / BATCH for _ in range(tries)]
    return {
        "hashes": size,
        "search_ms": {**milliseconds(searches), "processor": round(1000 * processor / tries, 2)},
        "insert_ms": milliseconds(inserts),
        "missed": missed,
        "table_bytes": _size(connection, "perceptual_hashes"),
        "index_bytes": sum(_size(connection, word) for word in _words(connection)),
    }


def on_paper(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What the line through the smallest and the largest of two or more sizes says of 100 million, all in memory."""
    first, last = rows[0], rows[-1]
    between = max(1, last["hashes"] - first["hashes"])

    def at(small: float, large: float) -> float:
        return float(round(large + (PAPER - last["hashes"]) * (large - small) / between, 1))

    return {
        "hashes": PAPER,
        "on_paper": True,
        "search_ms": {
            name: at(first["search_ms"][name], last["search_ms"][name]) for name in ("median", "p95", "processor")
        },
        "insert_ms": last["insert_ms"],
        "missed": 0,
        **{name: int(at(first[name], last[name])) for name in ("table_bytes", "index_bytes")},
    }


@contextmanager
def server(folder: Path) -> Iterator[Connection]:
    """Of its own, with the schema and the settings of the embedded stack."""
    folder.chmod(0o755)  # the server's user is another where this runs as root
    server = Postgres(folder / "data", port=free_ports(1)[0], password=PASSWORD, log=folder / "log")
    server.prepare()
    server.start()
    try:
        server.await_ready()
        dsn = server.settings()["JINWI_POSTGRES_DSN"]
        conninfo = psycopg.conninfo.make_conninfo(dsn, password=PASSWORD)
        migrate(conninfo)
        with psycopg.connect(conninfo, autocommit=True, row_factory=dict_row) as connection:
            yield connection
    finally:
        server.stop(10)


def tenant(connection: Connection) -> uuid.UUID:
    row = connection.execute(
        "INSERT INTO tenants (name, webhook_secret) VALUES (%s, 'none') RETURNING id", (str(uuid.uuid4()),)
    ).fetchone()
    assert row is not None
    return uuid.UUID(str(row["id"]))


def _fill(connection: Connection, tenant: uuid.UUID, size: int, chance: np.random.Generator) -> list[bytes]:
    """The indexes are made after the rows, ten times as fast as row by row; some of the hashes."""
    words = _words(connection)
    keys, hashes = ([chance.bytes(32) for _ in range(size)] for _ in range(2))
    with connection.transaction():
        for word in words:
            connection.execute(f"DROP INDEX {word}".encode())
        with connection.cursor().copy("COPY objects (tenant_id, sha256, bytes, format, refs) FROM STDIN") as copy:
            for key in keys:
                copy.write_row((tenant, key, 1, "jpeg", 1))
        with connection.cursor().copy("COPY perceptual_hashes (tenant_id, sha256, pdq, quality) FROM STDIN") as copy:
            for key, pdq in zip(keys, hashes, strict=True):
                copy.write_row((tenant, key, pdq, 90))
        for made in words.values():
            connection.execute(made.encode())
        _show(connection, tenant, keys[:1000])
    connection.execute("VACUUM ANALYZE perceptual_hashes, objects")
    return hashes[:1000]


def _show(connection: Connection, tenant: uuid.UUID, keys: Sequence[bytes]) -> None:
    """A finished job for each of some images, so that there is something to be found."""
    connection.execute(
        """
        WITH made AS (
            INSERT INTO jobs (tenant_id, stage, lane, sha256)
            SELECT %(tenant)s, 'score', 'bulk', sha256 FROM unnest(%(keys)s::bytea[]) AS sha256
            RETURNING id, sha256
        )
        INSERT INTO sightings (tenant_id, sha256, job_id) SELECT %(tenant)s, sha256, id FROM made
        """,
        {"tenant": tenant, "keys": list(keys)},
    )
    for state in ("running", "done"):
        lease = "now() + interval '1 hour'" if state == "running" else "NULL"
        result = "NULL" if state == "running" else "'{}'"
        statement = f"UPDATE jobs SET state = '{state}', lease_until = {lease}, result = {result} WHERE tenant_id = %s"  # noqa: S608
        connection.execute(statement.encode(), (tenant,))


def _turned(pdq: bytes, chance: np.random.Generator) -> bytes:
    """As far away as is still near."""
    number = int.from_bytes(pdq)
    for bit in chance.choice(8 * BYTES, NEAR, replace=False):
        number ^= 1 << int(bit)
    return number.to_bytes(BYTES)


def _search(connection: Connection, tenant: uuid.UUID, pdq: bytes, chance: np.random.Generator) -> int:
    """How many jobs showed it, by the statement behind `GET /v1/jobs/{job_id}/similar`."""
    wanted = Fingerprint(pdq=pdq, quality=90)
    return len(fingerprints.twins(connection, tenant, uuid.uuid4(), chance.bytes(32), wanted, limit=20))


def _finish(connection: Connection, tenant: uuid.UUID, chance: np.random.Generator) -> float:
    """Seconds that a scoring process takes longer to finish a batch; the commit is there without hashes too."""
    keys = [chance.bytes(32) for _ in range(BATCH)]
    with connection.transaction():
        connection.cursor().executemany(
            "INSERT INTO objects (tenant_id, sha256, bytes, format, refs) VALUES (%s, %s, 1, 'jpeg', 1)",
            [(tenant, key) for key in keys],
        )
        seen = [
            Sighting(
                tenant_id=tenant,
                sha256=key,
                job_id=uuid.uuid4(),
                fingerprint=Fingerprint(pdq=chance.bytes(BYTES), quality=90),
            )
            for key in keys
        ]
        return timed(lambda: fingerprints.keep(connection, seen))[1]


def timed(act: Callable[[], Any]) -> tuple[Any, float]:
    started = time.perf_counter()
    return act(), time.perf_counter() - started


def processor_seconds(connection: Connection) -> float:
    """What the server's process of this connection has used: what else runs on this machine does not count."""
    fields = Path(f"/proc/{connection.info.backend_pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def milliseconds(seconds: Sequence[float]) -> dict[str, float]:
    """The first tenth warms caches up and does not count."""
    counted = sorted(seconds[len(seconds) // 10 :])
    return {
        "median": round(1000 * statistics.median(counted), 2),
        "p95": round(1000 * counted[int(0.95 * len(counted))], 2),
    }


def _words(connection: Connection) -> dict[str, str]:
    """The indexes of the words by name, with the statement that makes each."""
    rows = connection.execute(
        "SELECT indexname, indexdef FROM pg_indexes"
        " WHERE tablename = 'perceptual_hashes' AND indexname LIKE 'perceptual_hashes_word_%'"
    )
    return {row["indexname"]: row["indexdef"] for row in rows}


def _size(connection: Connection, relation: str) -> int:
    row = connection.execute("SELECT pg_relation_size(%s::regclass) AS bytes", (relation,)).fetchone()
    assert row is not None
    return int(row["bytes"])


def _table(rows: Sequence[dict[str, Any]]) -> Table:
    headings = ("hashes", "search, median", "p95", "processor", "missed", "insert, median", "p95", "table", "index")
    table = Table(title="Milliseconds to find what is within 31 of 256 bits, and to keep one more")
    for heading in headings:
        table.add_column(heading, justify="right")
    for row in rows:
        note = " (on paper)" if row.get("on_paper") else ""
        table.add_row(
            f"{row['hashes']:,}{note}",
            *(f"{row['search_ms'][name]:,.1f}" for name in SEARCH),
            str(row["missed"]),
            *(f"{row['insert_ms'][name]:.2f}" for name in ("median", "p95")),
            *(f"{row[name] / 1e6:,.0f} MB" for name in ("table_bytes", "index_bytes")),
        )
    return table


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.twins", description=__doc__)
    parser.add_argument("--hashes", type=int, nargs="+", default=[10_000, 1_000_000], metavar="N")
    parser.add_argument("--tries", type=int, default=200, help="searches, and batches kept, at each size")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, metavar="FILE", help="where the JSON goes")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
