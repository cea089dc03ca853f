"""A candidate becomes a version whole or not at all, whatever is killed, and whoever else wants its number."""

import io
import json
import os
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest

from services.retrainer.loop.publication import NEEDED, publish
from services.retrainer.loop.run import Work
from services.retrainer.versions.embedded import PLAIN, Embedded
from shared import pem, signing
from shared.domain.retraining import Mode, RunStage
from shared.errors import ConfigurationError, ModelRefused, VersionReserved, VersionTaken
from shared.scoring.domains import DOMAINS
from shared.scoring.manifest import write_manifest
from shared.signing import Trust
from shared.storage import lifecycle, models, retraining
from shared.storage.retraining import Order
from tests.models import brightness
from tests.processes import wait_until
from tests.unit.services.retrainer.domains.made import made_file

PUBLISH = """
import sys
from pathlib import Path
from uuid import UUID
from services.retrainer.loop.publication import publish
from shared import config
from shared.storage.db import Database
from shared.storage.objects import ObjectStore

settings = config.load()
database = Database(settings)
database.open()
publish(Path(sys.argv[1]), database=database, store=ObjectStore(settings), settings=settings, run_id=UUID(sys.argv[2]))
"""


@pytest.fixture
def own(settings, tmp_path, monkeypatch):
    private, public = tmp_path / "model_key.pem", tmp_path / "model_key.pub"
    pem.make_key_pair(private, public)
    monkeypatch.setenv("JINWI_MODEL_SIGNING_KEY", str(private))
    monkeypatch.setenv("JINWI_MODEL_PUBLIC_KEY", str(public))
    return settings.model_copy(update={"model_signing_key": private, "model_public_key": public})


@pytest.fixture
def new_run(database):
    def make():
        with database.transaction() as connection:
            statement = (
                "INSERT INTO retraining_runs (outcome, gold, candidates, detail) VALUES ('published', 1, 1, '') "
                "RETURNING id"
            )
            return connection.execute(statement).fetchone()["id"]

    return make


@pytest.fixture
def run_id(new_run):
    return new_run()


@pytest.fixture
def candidate(tmp_path):
    """Makes a whole version directory as training leaves it: unsigned, with the gate's report beside its manifest."""

    def make(number="2.0.0", **card):
        directory = brightness(tmp_path / f"{number}.staging", number, **card)
        names, labels = np.array(["a", "b"]), np.array([0, 1], np.uint8)
        texts = dict.fromkeys(("owners", "kinds", "pictures", "lanes"), names)
        rows = Embedded(
            vectors=np.eye(2, dtype=np.float32),
            labels=labels,
            cells=np.array([PLAIN, PLAIN]),
            short_sides=np.array([64, 64], np.int32),
            **texts,
        )
        rows.save(directory / "gold.npz")
        rows.save(directory / "guard.npz")
        (directory / "model.safetensors").write_bytes(b"weights")
        (directory / "metrics.json").write_text("{}")
        (directory / "card.md").write_text("# brightness\n")
        (directory / "manifest.json").unlink()
        write_manifest(directory)
        (directory / "report.json").write_text(json.dumps({"rulings": []}))
        return directory

    return make


@pytest.fixture
def row(database):
    def find(version="2.0.0"):
        with database.transaction() as connection:
            return models.get(connection, version)

    return find


def test_a_published_version_is_whole_signed_and_knows_its_run(database, store, own, candidate, row, run_id, tmp_path):
    assert publish(candidate(), database=database, store=store, settings=own, run_id=run_id) == "2.0.0"
    (key,) = pem.read_public_keys(own.model_public_key)
    there = row()
    assert (there["origin"], there["run_id"], there["signed_by"]) == ("trained", run_id, key.fingerprint)
    assert set(there["manifest"]["files"]) == NEEDED
    store.get_model("2.0.0", tmp_path / "back")
    assert {path.name for path in (tmp_path / "back").iterdir()} == NEEDED | {"manifest.json", "model.sig"}
    found = signing.file_hashes(tmp_path / "back")
    assert Trust.of(own).check(signing.read_signature(tmp_path / "back"), found) == key.fingerprint


def test_publishing_again_changes_nothing(database, store, own, candidate, row, run_id):
    directory = candidate()
    publish(directory, database=database, store=store, settings=own, run_id=run_id)
    before, signature = row(), store.get_signature("2.0.0")
    assert publish(directory, database=database, store=store, settings=own, run_id=run_id) == "2.0.0"
    assert (row(), store.get_signature("2.0.0")) == (before, signature)


def test_killed_between_upload_and_row_nothing_is_seen_and_the_next_try_completes_it(
    database, store, own, candidate, row, run_id
):
    directory = candidate()
    with database.transaction() as connection:
        # Whoever reads goes on; the row waits.
        connection.execute("LOCK TABLE model_versions IN EXCLUSIVE MODE")
        child = subprocess.Popen([sys.executable, "-c", PUBLISH, str(directory), str(run_id)], env=os.environ)
        try:
            wait_until(lambda: "manifest.json" in store.model_sizes("2.0.0"))
            child.send_signal(signal.SIGKILL)
        finally:
            child.kill()
            child.wait()
    assert row() is None
    publish(directory, database=database, store=store, settings=own, run_id=run_id)
    assert row()["run_id"] == run_id
    assert set(store.model_sizes("2.0.0")) == NEEDED | {"manifest.json", "model.sig"}


def test_what_a_killed_upload_left_is_replaced_by_whoever_gets_the_number(database, store, own, candidate, row, run_id):
    left = {"model.onnx": io.BytesIO(b"half"), "model.sig": io.BytesIO(b"old"), "notes.txt": io.BytesIO(b"stray")}
    store.put_model("2.0.0", left)
    assert row() is None
    publish(candidate(), database=database, store=store, settings=own, run_id=run_id)
    sizes = store.model_sizes("2.0.0")
    assert set(sizes) == NEEDED | {"manifest.json", "model.sig"}
    assert sizes["model.onnx"] > 100


def test_what_tells_domains_apart_goes_along_where_there_is_any(database, store, own, candidate, row, run_id):
    directory = candidate()
    (directory / DOMAINS).write_bytes(made_file().content())
    publish(directory, database=database, store=store, settings=own, run_id=run_id)
    assert set(row()["manifest"]["files"]) == NEEDED | {DOMAINS}


def test_a_number_that_another_version_holds_is_never_overwritten(
    database, store, own, candidate, row, run_id, new_run, tmp_path
):
    publish(candidate(), database=database, store=store, settings=own, run_id=run_id)
    before = row(), store.model_sizes("2.0.0"), store.get_signature("2.0.0")
    with pytest.raises(VersionTaken):
        publish(tmp_path / "2.0.0.staging", database=database, store=store, settings=own, run_id=new_run())
    assert (row(), store.model_sizes("2.0.0"), store.get_signature("2.0.0")) == before


class TestEntering:
    """What the stage does once the version is registered."""

    @pytest.fixture
    def publish_stage(self, database, store, own, candidate, shipped):
        """The stage of a run that began under the champion of now; a rollout of nothing, so that it enters at once."""
        pytest.importorskip("torch")
        from services.retrainer.loop.stages import Joined

        hours = {"shadow_hours": 0, "shadow_images": 0, "canary_hours": 0, "canary_images": 0}
        joined, directory = Joined(database, store, own.model_copy(update=hours)), candidate()
        with database.transaction() as connection:
            retraining.ask(connection, Order(mode=Mode.HEAD, min_samples=0), by=None)
            run = retraining.claim(connection)
        results = {RunStage.TRAIN: {"files": [directory.name]}}
        work = Work(run=run, stage=RunStage.PUBLISH, results=results, folder=directory.parent, report=lambda _: None)
        return lambda: joined.publish(work)

    def champion(self, database):
        with database.transaction() as connection:
            return lifecycle.state(connection, "champion")["version"]

    def test_beside_the_champion_that_it_was_judged_against_it_goes_on_its_way(self, database, publish_stage):
        for _ in range(2):
            assert publish_stage() == {"version": "2.0.0", "waits": None}
            assert self.champion(database) == "2.0.0"

    def test_beside_another_champion_it_waits_for_a_person_and_says_so(self, database, publish_stage, row, shipped):
        with database.transaction() as connection:
            lifecycle.promote(connection, "1.0.0", by=None, why="the newer one accuses our artists")
        for _ in range(2):
            assert publish_stage() == {
                "version": "2.0.0",
                "waits": f"It was judged against {shipped}, and 1.0.0 is champion now: "
                "`jinwi models rollout 2.0.0` begins its way.",
            }
        assert self.champion(database) == "1.0.0"
        with database.transaction() as connection:
            assert lifecycle.state(connection, "2.0.0")["state"] == "available"


class TestRefusals:
    def refused(self, error, match, directory, database, store, settings, run_id):
        with pytest.raises(error, match=match):
            publish(directory, database=database, store=store, settings=settings, run_id=run_id)
        assert store.model_sizes("2.0.0") == {}

    @pytest.mark.parametrize("name", sorted(NEEDED))
    def test_a_candidate_that_is_not_whole(self, database, store, own, candidate, run_id, name):
        directory = candidate()
        (directory / name).unlink()
        self.refused(ModelRefused, name, directory, database, store, own, run_id)

    def test_a_candidate_that_was_changed(self, database, store, own, candidate, run_id):
        directory = candidate()
        (directory / "guard.npz").write_bytes(b"other")
        self.refused(ModelRefused, "guard.npz", directory, database, store, own, run_id)

    def test_a_stray_file(self, database, store, own, candidate, run_id):
        directory = candidate()
        (directory / "checkpoint.pt").write_bytes(b"x")
        self.refused(ModelRefused, "checkpoint.pt", directory, database, store, own, run_id)

    def test_an_installation_without_a_key(self, database, store, own, candidate, run_id):
        settings = own.model_copy(update={"model_signing_key": None})
        self.refused(ConfigurationError, "JINWI_MODEL_SIGNING_KEY", candidate(), database, store, settings, run_id)

    def test_a_key_whose_public_half_the_workers_do_not_have(self, database, store, own, candidate, run_id):
        settings = own.model_copy(update={"model_public_key": None})
        self.refused(ConfigurationError, "JINWI_MODEL_PUBLIC_KEY", candidate(), database, store, settings, run_id)


class TestNextVersion:
    @pytest.fixture
    def numbered(self, database, store, tmp_path):
        def register(number, **card):
            directory = brightness(tmp_path / "made" / number, number, **card)
            models.register(database, store, directory, origin="imported")

        return register

    def ask(self, database, run_id, name="brightness", **options):
        with database.transaction() as connection:
            return models.next_version(connection, name, run_id=run_id, **options)

    def test_a_minor_above_the_newest_of_the_name_and_a_patch_for_what_is_only_calibrated(
        self, database, numbered, new_run
    ):
        for number in ("2.9.0", "2.10.3", "2.2.0"):
            numbered(number)
        numbered("100.0.0", name="another")
        assert self.ask(database, new_run()) == "2.11.0"
        assert self.ask(database, new_run(), patch=True) == "2.10.4"

    def test_a_number_of_another_name_or_run_is_passed_over(self, database, numbered, new_run):
        numbered("2.0.0")
        numbered("2.1.0", name="another")
        assert self.ask(database, new_run()) == "2.2.0"
        assert self.ask(database, new_run()) == "2.3.0"

    def test_a_run_that_asks_again_gets_its_own_number(self, database, numbered, run_id):
        numbered("2.0.0")
        assert self.ask(database, run_id) == "2.1.0"
        numbered("2.1.0")
        assert self.ask(database, run_id) == "2.1.0"

    @pytest.fixture
    def under_way(self, database):
        """A run that has not ended, and its number above the 2.0.0 that is there."""
        with database.transaction() as connection:
            run = retraining.ask(connection, Order(mode=Mode.HEAD, min_samples=0), by=None)
        return run.id

    def test_an_import_of_the_number_of_a_run_that_is_under_way_is_refused_and_the_run_publishes_it(
        self, database, store, own, numbered, candidate, row, under_way
    ):
        numbered("2.0.0")
        assert self.ask(database, under_way) == "2.1.0"
        with pytest.raises(VersionReserved, match=str(under_way)):
            numbered("2.1.0")
        assert store.model_sizes("2.1.0") == {}
        publish(candidate("2.1.0"), database=database, store=store, settings=own, run_id=under_way)
        assert row("2.1.0")["run_id"] == under_way

    def test_a_number_that_a_run_asks_for_while_an_import_is_on_its_way_is_the_runs(
        self, database, store, numbered, tmp_path, row, under_way
    ):
        numbered("2.0.0")
        asked = []

        class Slow(io.BytesIO):
            def read(this, size=-1):  # noqa: N805 - self is the test
                if not asked:
                    asked.append(self.ask(database, under_way))
                return super().read(size)

        directory = brightness(tmp_path / "import", "2.1.0")
        files = {path.name: io.BytesIO(path.read_bytes()) for path in directory.iterdir()}
        files["model.onnx"] = Slow((directory / "model.onnx").read_bytes())
        card, manifest = json.loads((directory / "card.json").read_text()), models.read_manifest(directory)
        new = models.VersionFiles(card=card, manifest=manifest, files=files)
        with pytest.raises(VersionReserved):
            models.register_files(database, store, new, origin="imported")
        assert (asked, row("2.1.0")) == (["2.1.0"], None)

    def test_after_an_import_of_the_next_number_a_run_gets_the_one_above(self, database, numbered, under_way):
        numbered("2.0.0")
        numbered("2.1.0")
        assert self.ask(database, under_way) == "2.2.0"

    def test_the_number_of_a_run_that_ended_without_a_version_is_free_for_an_import(
        self, database, numbered, row, under_way
    ):
        numbered("2.0.0")
        assert self.ask(database, under_way) == "2.1.0"
        with database.transaction() as connection:
            retraining.cancel(connection, under_way)
        numbered("2.1.0")
        assert row("2.1.0")["origin"] == "imported"

    def test_the_first_of_its_name(self, database, run_id):
        assert self.ask(database, run_id) == "1.0.0"

    def test_runs_that_ask_at_once_get_different_numbers(self, database, numbered, new_run):
        numbered("2.0.0")
        runs, given = [new_run() for _ in range(6)], []
        threads = [threading.Thread(target=lambda run=run: given.append(self.ask(database, run))) for run in runs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(given) == [f"2.{minor}.0" for minor in range(1, 7)]
