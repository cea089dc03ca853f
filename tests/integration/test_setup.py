"""The set-up: what it makes, and that a second run, or a long sleep, does no harm."""

import contextlib
import io
import json
import shutil
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from deploy.setup import prepare
from shared import pem, scoring, signing
from shared.domain.retraining import Mode
from shared.domain.tenant import UNLIMITED, Scope
from shared.errors import ConfigurationError, Outage, VersionNeeded
from shared.scoring.manifest import read_verified
from shared.storage import audit, lifecycle, models, removal, retraining, tenants
from shared.storage.models import VersionFiles
from shared.storage.retraining import Order
from tests.integration.factories import submit_link

NEWEST = scoring.shipped()[-1].name


@pytest.fixture
def prepared(settings, tmp_path):
    prepare(settings, tmp_path)
    return tmp_path


def key(home) -> str:
    return (home / "key").read_text().strip()


def test_the_first_key_has_every_scope_and_only_its_owner_can_read_it(database, prepared):
    with database.transaction() as connection:
        assert tenants.authenticate(connection, key(prepared)).scopes == frozenset(Scope)
    for name in ("key", "webhook_secret"):
        assert stat.S_IMODE((prepared / name).stat().st_mode) == 0o600
    assert (prepared / "webhook_secret").read_text().startswith("whsec_")


def test_the_tenant_of_the_first_key_has_no_limits(database, prepared):
    with database.transaction() as connection:
        assert tenants.authenticate(connection, key(prepared)).limits == UNLIMITED


def test_the_first_tenant_and_key_stand_in_the_audit_log(settings, database, prepared):
    prepare(settings, prepared)
    with database.transaction() as connection:
        acts = audit.page(connection, limit=9)
    done = [(act["action"], act["key_id"]) for act in acts]
    assert done[:2] == [("key.created", None), ("tenant.created", None)]
    assert set(done[2:]) == {("model.promoted", None)}


def test_the_shipped_model_is_champion(database, prepared):
    with database.transaction() as connection:
        champion = models.get(connection, "champion")
    assert (champion["version"], champion["origin"]) == (NEWEST, "shipped")


def test_a_second_run_changes_nothing(settings, database, prepared):
    before = key(prepared)
    prepare(settings, prepared)
    assert key(prepared) == before
    with database.transaction() as connection:
        assert len(tenants.keys(connection, tenants.get_by_name(connection, "default")["id"])) == 1


def test_a_lost_or_revoked_key_is_made_anew(settings, database, prepared):
    before = key(prepared)
    with database.transaction() as connection:
        tenants.revoke_key(connection, tenants.authenticate(connection, before).key_id)
    prepare(settings, prepared)
    with database.transaction() as connection:
        assert tenants.authenticate(connection, before) is None
        assert tenants.authenticate(connection, key(prepared)) is not None


def test_a_stack_that_slept_longer_than_its_partitions_reach_takes_jobs_again(settings, database, prepared):
    with database.transaction() as connection:
        names = [row["relid"] for row in connection.execute("SELECT relid::text FROM pg_partition_tree('jobs')")]
        for name in names:
            if name != "jobs":
                connection.execute(f"DROP TABLE {name}")
    prepare(settings, prepared)
    with database.transaction() as connection:
        tenant = tenants.get_by_name(connection, "default")["id"]
    assert submit_link(database, tenant)


def test_a_newer_shipped_model_takes_over_from_a_shipped_champion_only(settings, database, store, prepared, tmp_path):
    from tests.models import copy_of_shipped

    newer = copy_of_shipped(tmp_path / "9.0.0", "9.0.0")
    assert models.register(database, store, newer, origin="shipped")
    with database.transaction() as connection:
        assert models.get(connection, "champion")["version"] == "9.0.0"
        assert models.get(connection, "previous")["version"] == NEWEST
    trained = copy_of_shipped(tmp_path / "9.0.1", "9.0.1")
    models.register(database, store, trained, origin="trained")
    with database.transaction() as connection:
        lifecycle.promote(connection, "9.0.1", by=None, why="a test")
    models.register(database, store, copy_of_shipped(tmp_path / "9.0.2", "9.0.2"), origin="shipped")
    with database.transaction() as connection:
        assert models.get(connection, "champion")["version"] == "9.0.1"
        assert models.get(connection, "challenger")["version"] == "9.0.2"


def test_a_shipped_version_whose_number_other_files_hold_is_left_out_with_a_warning(
    settings, database, store, tmp_path
):
    from tests.models import brightness

    own = brightness(tmp_path / "own", NEWEST)
    assert models.register(database, store, own, origin="imported")
    with capture_logs() as lines:
        prepare(settings, tmp_path)
    [warning] = [line for line in lines if line["log_level"] == "warning"]
    assert (warning["event"], warning["version"]) == ("shipped_version_taken", NEWEST)
    assert (warning["holder"], warning["origin"]) == ("brightness", "imported")
    assert "under another number" in warning["mend"]
    with database.transaction() as connection:
        assert models.get(connection, NEWEST)["origin"] == "imported"
    store.get_model(NEWEST, tmp_path / "kept")
    assert (tmp_path / "kept" / "model.onnx").read_bytes() == (own / "model.onnx").read_bytes()


def test_a_shipped_version_is_registered_once_its_number_is_free_again(settings, database, store, tmp_path):
    from tests.models import brightness

    models.register(database, store, brightness(tmp_path / "own", NEWEST), origin="imported")
    prepare(settings, tmp_path)
    with database.transaction() as connection:
        lifecycle.promote(connection, "1.0.0", by=None, why="so that another one is champion")
    assert removal.remove(database, store, NEWEST, by=None, why="its number is needed")
    prepare(settings, tmp_path)
    with database.transaction() as connection:
        champion = models.get(connection, "champion")
    assert (champion["version"], champion["origin"]) == (NEWEST, "shipped")
    store.get_model(NEWEST, tmp_path / "files")
    assert read_verified(tmp_path / "files")


def test_a_version_that_a_later_release_leaves_out_can_be_removed_and_stays_away(
    settings, database, store, prepared, tmp_path, monkeypatch
):
    def remove():
        return removal.remove(database, store, "1.0.0", by=None, why="the release has it no more")

    with pytest.raises(VersionNeeded, match="the installed release comes with it"):
        remove()
    later = tmp_path / "later"
    shutil.copytree(
        scoring.SHIPPED, later, ignore=lambda folder, _: ["1.0.0"] if Path(folder) == scoring.SHIPPED else []
    )
    earlier = scoring.SHIPPED
    monkeypatch.setattr(scoring, "SHIPPED", later)
    prepare(settings, prepared)
    with database.transaction() as connection:
        # Else a rollback would return to it.
        lifecycle.promote(connection, "0.1.0", by=None, why="a test")
        lifecycle.promote(connection, NEWEST, by=None, why="a test")
    assert remove()["state"] == "removed"
    prepare(settings, prepared)
    with database.transaction() as connection:
        assert models.get(connection, "1.0.0") is None
    monkeypatch.setattr(scoring, "SHIPPED", earlier)
    prepare(settings, prepared)
    with database.transaction() as connection:
        assert models.get(connection, "1.0.0")["origin"] == "shipped"


class Interrupted(io.BytesIO):
    """A file of an upload, in the middle of whose reading something else happens, once."""

    def __init__(self, data: bytes, between) -> None:
        super().__init__(data)
        self._between = between

    def read(self, size=-1):
        between, self._between = self._between, None
        if between:
            between()
        return super().read(size)


def test_a_set_up_in_the_middle_of_an_upload_of_the_same_number_leaves_one_version_whole(
    settings, database, store, tmp_path, monkeypatch
):
    from tests.models import brightness

    monkeypatch.setattr(models, "REGISTRATION_SECONDS", 0.5)
    own = brightness(tmp_path / "own", NEWEST)

    def set_up():
        with contextlib.suppress(Outage):
            prepare(settings, tmp_path)

    files = {path.name: Interrupted(path.read_bytes(), None) for path in own.iterdir()}
    files["model.onnx"] = Interrupted((own / "model.onnx").read_bytes(), set_up)
    new = VersionFiles(
        card=json.loads((own / "card.json").read_text()), manifest=models.read_manifest(own), files=files
    )
    models.register_files(database, store, new, origin="imported")
    prepare(settings, tmp_path)
    with database.transaction() as connection:
        row = models.get(connection, NEWEST)
    assert (row["name"], row["manifest"]) == ("brightness", new.manifest)
    store.get_model(NEWEST, tmp_path / "kept")
    assert json.loads((tmp_path / "kept" / "manifest.json").read_text()) == row["manifest"]
    assert read_verified(tmp_path / "kept")


def test_two_set_ups_at_once_register_each_shipped_version_once(settings, database, store, tmp_path):
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(prepare, settings, tmp_path) for _ in range(2)]:
            done.result(120)
    with database.transaction() as connection:
        rows = models.all_versions(connection)
        promoted = connection.execute("SELECT version FROM model_moves WHERE after = 'champion'").fetchall()
    assert sorted(row["version"] for row in rows) == sorted(path.name for path in scoring.shipped())
    assert len(promoted) == len({move["version"] for move in promoted})
    for row in rows:
        store.get_model(row["version"], tmp_path / "files" / row["version"])
        assert read_verified(tmp_path / "files" / row["version"])


def test_a_shipped_version_whose_number_a_run_keeps_is_left_out_with_a_warning_until_that_run_has_ended(
    settings, database, tmp_path
):
    with database.transaction() as connection:
        run = retraining.ask(connection, Order(mode=Mode.HEAD, min_samples=0), by=None)
        connection.execute("INSERT INTO version_reservations (version, run_id) VALUES (%s, %s)", (NEWEST, run.id))
    with capture_logs() as lines:
        prepare(settings, tmp_path)
    [warning] = [line for line in lines if line["log_level"] == "warning"]
    assert (warning["event"], warning["version"]) == ("shipped_version_reserved", NEWEST)
    assert warning["run_id"] == str(run.id)
    with database.transaction() as connection:
        assert models.get(connection, NEWEST) is None
        retraining.cancel(connection, run.id)
    prepare(settings, tmp_path)
    with database.transaction() as connection:
        assert models.get(connection, NEWEST)["origin"] == "shipped"


def test_a_second_run_warns_of_nothing(settings, prepared):
    with capture_logs() as lines:
        prepare(settings, prepared)
    assert not [line for line in lines if line["log_level"] == "warning"]


def test_a_version_is_never_overwritten(database, store, prepared, tmp_path):
    from tests.models import copy_of_shipped

    again = copy_of_shipped(tmp_path / "again", "0.1.0")
    (again / "model.onnx").write_bytes(b"other")
    assert not models.register(database, store, again, origin="trained")


class TestSignatures:
    @pytest.fixture
    def own(self, settings, tmp_path):
        """Settings of an installation with a key pair."""
        private, public = tmp_path / "model_key.pem", tmp_path / "model_key.pub"
        pem.make_key_pair(private, public)
        return settings.model_copy(update={"model_signing_key": private, "model_public_key": public})

    def signer(self, own, store, version, folder):
        store.get_model(version, folder)
        return signing.Trust.of(own).check(signing.read_signature(folder), signing.file_hashes(folder), signed=True)

    def test_the_installation_vouches_for_the_versions_that_it_was_shipped_with(self, own, database, store, tmp_path):
        prepare(own, tmp_path)
        (key,) = pem.read_public_keys(own.model_public_key)
        with database.transaction() as connection:
            assert {row["signed_by"] for row in models.all_versions(connection)} == {key.fingerprint}
        assert self.signer(own, store, NEWEST, tmp_path / "back") == key.fingerprint

    def test_a_version_registered_before_there_was_a_key_gets_its_signature_and_keeps_its_files(
        self, settings, own, store, tmp_path
    ):
        prepare(settings, tmp_path)
        assert store.get_signature(NEWEST) is None
        prepare(own, tmp_path)
        assert self.signer(own, store, NEWEST, tmp_path / "back") is not None
        first = store.get_signature(NEWEST)
        prepare(own, tmp_path)
        assert store.get_signature(NEWEST) == first

    def test_a_key_that_cannot_be_read_is_said_at_once(self, settings, tmp_path):
        with pytest.raises(ConfigurationError, match="JINWI_MODEL_SIGNING_KEY"):
            prepare(settings.model_copy(update={"model_signing_key": tmp_path / "none.pem"}), tmp_path)
