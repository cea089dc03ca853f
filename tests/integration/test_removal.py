"""Versions that are removed: what is refused, what stays, and what a worker does that has one loaded."""

import io

import pytest

from services.worker.models import ModelShelf
from shared.domain.retraining import Mode
from shared.errors import Busy, VersionNeeded
from shared.storage import audit, changelog, lifecycle, models, removal, retraining
from shared.storage.lock import REGISTRATION, only_one
from shared.storage.retraining import Order
from tests.integration.factories import change_policy, make_tenant
from tests.models import brightness

FIRST, SECOND, THIRD = "100.0.0", "100.1.0", "100.2.0"


@pytest.fixture
def register(database, store, tmp_path):
    def make(number, *, origin="imported", folder="made", **card):
        directory = brightness(tmp_path / folder / number, number, **card)
        assert models.register(database, store, directory, origin=origin)
        return directory

    return make


@pytest.fixture
def three(database, register):
    """Three brought versions; the first was champion before the second."""
    for number in (FIRST, SECOND, THIRD):
        register(number)
    for number in (FIRST, SECOND):
        promote(database, number)


def promote(database, version):
    with database.transaction() as connection:
        lifecycle.promote(connection, version, by=None, why="a test")


def note_shipped(database, *directories):
    """As the set-up of a release does that comes with these."""
    with database.transaction() as connection:
        models.note_shipped(connection, {path.name: models.read_manifest(path) for path in directories})


@pytest.fixture
def remove(database, store):
    return lambda version, **more: removal.remove(database, store, version, by=None, why="a test", **more)


def read(database, version):
    with database.transaction() as connection:
        return models.get(connection, version), models.get_removed(connection, version)


def refused(database, store, remove, version, *said):
    """That the version stays, whole, and that everything in `said` stands in the refusal."""
    before = read(database, version), store.model_sizes(version)
    with pytest.raises(VersionNeeded) as refusal:
        remove(version)
    for each in said:
        assert each in str(refusal.value)
    assert (read(database, version), store.model_sizes(version)) == before


class TestWhatStays:
    def test_the_files_go_and_the_card_stays(self, database, store, remove, three):
        card = read(database, THIRD)[0]["card"]
        removed = remove(THIRD)
        assert (removed["version"], removed["state"], removed["card"]) == (THIRD, "removed", card)
        assert store.model_sizes(THIRD) == {}
        row, kept = read(database, THIRD)
        assert (row, kept["card"]) == (None, card)
        with database.transaction() as connection:
            assert THIRD not in {each["version"] for each in models.all_versions(connection)}

    def test_its_last_move_the_audit_log_and_the_changelog_tell_of_it(self, database, remove, three):
        remove(THIRD)
        with database.transaction() as connection:
            [move] = lifecycle.moves(connection, THIRD)
            act = audit.page(connection, limit=1)[0]
            [entry] = [each for each in changelog.entries(connection, limit=9) if each["version"] == THIRD]
        assert (move["before"], move["after"], move["why"]) == ("available", "removed", "a test")
        assert (act["action"], act["subject"], act["details"]) == ("model.removed", THIRD, {"why": "a test"})
        assert (entry["status"], [each["after"] for each in entry["moves"]]) == ("removed", ["removed"])

    def test_removed_again_nothing_more_happens_and_what_never_was_is_none(self, database, store, remove, three):
        first = remove(THIRD)
        assert remove(THIRD) == first
        assert remove("99.0.0") is None

    def test_files_that_were_left_go_with_the_next_call_or_with_the_housekeeping(self, database, store, remove, three):
        for again in (lambda: remove(THIRD), lambda: removal.collect(database, store)):
            remove(THIRD)
            store.put_model(THIRD, {"model.onnx": io.BytesIO(b"left"), "manifest.json": io.BytesIO(b"{}")})
            again()
            assert store.model_sizes(THIRD) == {}

    def test_the_housekeeping_leaves_every_other_version_alone(self, database, store, remove, three):
        before = {number: store.model_sizes(number) for number in (FIRST, SECOND)}
        remove(THIRD)
        assert removal.collect(database, store) == 0
        assert {number: store.model_sizes(number) for number in (FIRST, SECOND)} == before


class TestRefusals:
    def test_the_champion_and_what_a_rollback_returns_to(self, database, store, remove, three):
        refused(database, store, remove, SECOND, "it is champion")
        refused(database, store, remove, FIRST, "a rollback returns to it")
        promote(database, THIRD)
        assert remove(FIRST)["version"] == FIRST

    @pytest.mark.parametrize("alias", ["champion", "previous"])
    def test_an_alias_is_its_version(self, remove, three, alias):
        with pytest.raises(VersionNeeded, match="stays"):
            remove(alias)

    def test_a_challenger_until_it_is_stopped(self, database, store, remove, three):
        with database.transaction() as connection:
            lifecycle.enter(connection, THIRD, run_id=None, by=None, why="a test")
        refused(database, store, remove, THIRD, "it is in shadow")
        with database.transaction() as connection:
            cause = lifecycle.Cause(why="a test")
            lifecycle.advance(connection, THIRD, lifecycle.VersionState.STOPPED, cause, automatic=False)
        assert remove(THIRD)["state"] == "removed"

    def test_what_a_tenant_pins_now_and_not_what_one_pinned_before(self, database, store, remove, three):
        tenant = make_tenant(database, "pinning")
        change_policy(database, tenant, model=THIRD)
        refused(database, store, remove, THIRD, str(tenant))
        change_policy(database, tenant, model=SECOND)
        assert remove(THIRD)

    def test_what_the_installed_release_comes_with_until_a_later_one_leaves_it_out(
        self, database, store, remove, register, three
    ):
        directory = register("0.9.0", origin="shipped")
        for version in ("0.9.0", FIRST, SECOND):
            promote(database, version)
        note_shipped(database, directory)
        refused(database, store, remove, "0.9.0", "the installed release comes with it")
        note_shipped(database)
        assert remove("0.9.0")["origin"] == "shipped"
        assert store.model_sizes("0.9.0") == {}

    def test_what_was_shipped_once_is_needed_by_the_same_as_any_other(self, database, store, remove, register, three):
        register("0.9.0", origin="shipped")
        note_shipped(database)
        refused(database, store, remove, "0.9.0", "it is in shadow")
        promote(database, "0.9.0")
        refused(database, store, remove, "0.9.0", "it is champion")
        promote(database, FIRST)
        refused(database, store, remove, "0.9.0", "a rollback returns to it")
        promote(database, SECOND)
        tenant = make_tenant(database, "pinning")
        change_policy(database, tenant, model="0.9.0")
        refused(database, store, remove, "0.9.0", str(tenant))
        change_policy(database, tenant, model=SECOND)
        register("100.3.0", origin="trained", training={"parent": "0.9.0"})
        refused(database, store, remove, "0.9.0", "measured against it: 100.3.0")
        remove("100.3.0")
        assert remove("0.9.0")

    def test_not_other_files_that_hold_the_number_of_a_shipped_version(self, database, remove, three, tmp_path):
        note_shipped(database, brightness(tmp_path / "shipped" / THIRD, THIRD, description="the release's"))
        assert remove(THIRD)

    def test_what_a_run_under_way_began_from(self, database, store, remove, three):
        with database.transaction() as connection:
            run = retraining.ask(connection, Order(mode=Mode.HEAD, min_samples=0), by=None)
            retraining.claim(connection)
        promote(database, THIRD)
        promote(database, FIRST)
        refused(database, store, remove, SECOND, f"the retraining run {run.id}")

    def test_what_a_version_trained_here_is_measured_against_also_over_a_parent_that_is_gone(
        self, database, store, remove, register, three
    ):
        register("100.3.0", origin="trained", training={"parent": THIRD})
        register("100.4.0", origin="trained", training={"parent": "100.3.0"})
        refused(database, store, remove, THIRD, "measured against it: 100.3.0, 100.4.0")
        remove("100.3.0")
        refused(database, store, remove, THIRD, "measured against it: 100.4.0")
        with database.transaction() as connection:
            assert models.origin_of(connection, "100.4.0") == THIRD
        remove("100.4.0")
        assert remove(THIRD)

    def test_while_another_is_being_registered(self, settings, remove, three):
        with only_one(settings, REGISTRATION), pytest.raises(Busy):
            remove(THIRD)


class TestTheNumber:
    def test_an_import_may_have_it_and_both_lives_stand_in_the_changelog(
        self, database, store, remove, register, three
    ):
        remove(THIRD)
        register(THIRD, folder="again", description="another one")
        row, kept = read(database, THIRD)
        assert (row["card"]["description"], kept["name"]) == ("another one", "brightness")
        with database.transaction() as connection:
            entries = [each for each in changelog.entries(connection, limit=9) if each["version"] == THIRD]
        assert [(each["status"], len(each["moves"])) for each in entries] == [("published", 0), ("removed", 1)]

    def test_a_retraining_run_never_gets_it(self, database, remove, three):
        remove(THIRD)
        with database.transaction() as connection:
            run = retraining.ask(connection, Order(mode=Mode.HEAD, min_samples=0), by=None)
            assert models.next_version(connection, "brightness", run_id=run.id) == "100.3.0"


class TestWorkers:
    @pytest.fixture
    def shelf(self, database, store, settings, tmp_path):
        own = settings.model_copy(update={"model_poll_seconds": 1e-9, "model_cache": tmp_path / "cache"})
        return ModelShelf(database, store, own)

    def test_who_scores_with_it_goes_on_and_then_lets_go_of_it(self, shelf, remove, three, tmp_path):
        model = shelf.get(THIRD)
        assert (tmp_path / "cache" / THIRD).is_dir()
        remove(THIRD)
        assert shelf.get().card.version == SECOND
        assert THIRD not in shelf._loaded
        assert not (tmp_path / "cache" / THIRD).exists()
        assert model.card.version == THIRD

    def test_other_files_under_the_number_are_served_at_once(self, shelf, remove, register, three):
        before = shelf.get(THIRD).sha256
        remove(THIRD)
        register(THIRD, folder="again", description="another one")
        assert shelf.get(THIRD).card.document["description"] == "another one"
        assert shelf.get(THIRD).sha256 != before

    def test_a_process_that_never_loaded_it_is_not_misled_by_the_cache_of_its_host(
        self, database, store, settings, shelf, remove, register, three, tmp_path
    ):
        shelf.get(THIRD)
        remove(THIRD)
        register(THIRD, folder="again", description="another one")
        own = settings.model_copy(update={"model_cache": tmp_path / "cache"})
        other = ModelShelf(database, store, own)
        assert other.get(THIRD).card.document["description"] == "another one"
