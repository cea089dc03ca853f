"""Makes a database and an object store fit for this version: `python -m deploy.setup`.

Migrations, partitions, buckets, shipped models, the tenant `default`, its webhook secret and first key. Safe to run
again, and by several at once.
"""

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path

import structlog

from shared import config, logging, scoring, signing
from shared.config import Settings
from shared.domain.audit import Action
from shared.domain.tenant import UNLIMITED, Scope
from shared.errors import JinwiError, VersionReserved
from shared.patience import patiently
from shared.scoring.manifest import read_verified
from shared.signing import SIGNATURE
from shared.storage import audit, jobs, models, tenants
from shared.storage.db import Connection, Database, connection_string
from shared.storage.migrate import migrate
from shared.storage.objects import ObjectStore

DEFAULT_TENANT = "default"

START_SECONDS = 60
"""For how long a server may stay away: compose starts everything at once."""

MEND = (
    "Other files hold this number, so the shipped model is not registered. Import your own under another number, from "
    "100.0.0 on, remove this one (`jinwi models remove`), and run the set-up again."
)

RESERVED = (
    "A retraining run that is under way keeps this number for its candidate, so the shipped model is not registered. "
    "Cancel the run, or let it end; the next set-up registers the shipped model if its number is free."
)

log = structlog.get_logger("setup")


def prepare(settings: Settings, home: Path) -> None:
    """Raise Outage when Postgres or the object store stays away for more than a minute."""
    for name in patiently(lambda: migrate(connection_string(settings)), START_SECONDS):
        log.info("migrated", migration=name)
    store = ObjectStore(settings)
    patiently(store.make_buckets, START_SECONDS)
    database = Database(settings)
    database.open()
    try:
        with database.transaction() as connection:
            # A stack that was off for longer than partitions were made ahead has none for today.
            jobs.make_partitions(connection)
            models.note_shipped(connection, {path.name: models.read_manifest(path) for path in scoring.shipped()})
        for directory in scoring.shipped():
            _register(database, store, directory, settings)
        with database.transaction() as connection:
            _default_tenant(connection, home)
    finally:
        database.close()


def _register(database: Database, store: ObjectStore, directory: Path, settings: Settings) -> None:
    """Register a shipped version, signed by this installation where it has a key: it vouches for its own distribution.

    A number that other files hold stays theirs: there are results that name it. A version that was registered before
    there was a key gets its signature now.
    """
    with database.transaction() as connection:
        there = models.get(connection, directory.name)
    if there is None:
        _register_new(database, store, directory, settings)
    elif there["manifest"] != models.read_manifest(directory):
        log.warning(
            "shipped_version_taken", version=directory.name, holder=there["name"], origin=there["origin"], mend=MEND
        )
    elif settings.model_signing_key is not None and store.get_signature(directory.name) is None:
        with _vouched(directory, settings) as (version, signed_by):
            store.add_signature(directory.name, (version / SIGNATURE).read_bytes())
        log.info("model_signed", version=directory.name, signed_by=signed_by)


def _register_new(database: Database, store: ObjectStore, directory: Path, settings: Settings) -> None:
    with _vouched(directory, settings) as (version, signed_by):
        try:
            made = models.register(database, store, version, origin="shipped", signed_by=signed_by)
        except VersionReserved as exc:
            log.warning("shipped_version_reserved", version=exc.version, run_id=str(exc.run_id), mend=RESERVED)
            return
    # Another set-up may have been first.
    log.info("model_registered" if made else "model_there", version=directory.name, signed_by=signed_by)


@contextlib.contextmanager
def _vouched(directory: Path, settings: Settings) -> Generator[tuple[Path, str | None]]:
    """A copy of a shipped version whose hashes were checked, with a signature where there is a key, and whose it is."""
    with tempfile.TemporaryDirectory() as folder:
        version = Path(shutil.copytree(directory, Path(folder) / directory.name))
        read_verified(version)
        yield version, signing.vouch(version, settings)


def _default_tenant(connection: Connection, home: Path) -> None:
    """Make the tenant, without limits, and a key with every scope where the file `key` has none that still works."""
    if created := tenants.create(connection, DEFAULT_TENANT):
        tenants.set_limits(connection, created[0]["id"], UNLIMITED)
        audit.record(connection, Action.TENANT_CREATED, created[0]["id"], by=None, tenant_id=created[0]["id"])
        _write_secret(home / "webhook_secret", created[1])
    tenant = tenants.get_by_name(connection, DEFAULT_TENANT)
    assert tenant is not None
    # Of several at once the second finds the first one's key.
    tenants.lock(connection, tenant["id"])
    file = home / "key"
    if file.exists() and tenants.authenticate(connection, file.read_text(encoding="utf-8").strip()):
        return
    row, key = tenants.create_key(connection, tenant["id"], "first", set(Scope))
    audit.record(
        connection, Action.KEY_CREATED, row["id"], by=None, tenant_id=tenant["id"], name="first", scopes=row["scopes"]
    )
    _write_secret(file, key)
    log.info("key_written", file=str(file))


def _write_secret(file: Path, secret: str) -> None:
    """For its owner's eyes, and never half-written."""
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(f"{file.name}.{os.getpid()}")
    partial.touch(mode=0o600)
    partial.write_text(f"{secret}\n", encoding="utf-8")
    partial.replace(file)


def main() -> int:
    try:
        settings = config.load()
        logging.setup("setup", settings)
        prepare(settings, settings.home)
    except JinwiError as exc:
        print(f"setup: {exc}", file=sys.stderr)  # noqa: T201 - the one line that a person needs
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
