"""Which versions a worker loads: those that somebody who is trusted vouches for, whatever lies in the object store."""

import io

import pytest
from structlog.testing import capture_logs

from services.worker.models import ModelShelf
from shared import metrics, pem, signing
from shared.errors import Outage
from shared.storage import lifecycle, models
from tests.models import brightness


@pytest.fixture
def keys(tmp_path):
    """`own.pem`, `own.pub`, `other.pem`, `other.pub`, and an empty folder `trusted`."""
    for name in ("own", "other"):
        pem.make_key_pair(tmp_path / f"{name}.pem", tmp_path / f"{name}.pub")
    (tmp_path / "trusted").mkdir()
    return tmp_path


@pytest.fixture
def own(settings, keys):
    return settings.model_copy(
        update={
            "model_poll_seconds": 1e-9,
            "model_public_key": keys / "own.pub",
            "model_trust": keys / "trusted",
            "model_cache": keys / "cache",
        }
    )


@pytest.fixture
def register(database, store, keys, tmp_path):
    def make(number, *, key="own", origin="imported"):
        directory = brightness(tmp_path / "made" / number, number)
        signed_by = signing.sign(directory, keys / f"{key}.pem") if key else None
        assert models.register(database, store, directory, origin=origin, signed_by=signed_by)
        with database.transaction() as connection:
            lifecycle.promote(connection, number, by=None, why="for a test")
        return number

    return make


@pytest.fixture
def shelf(database, store, own):
    return ModelShelf(database, store, own)


def exchange(store, settings, version, name, content):
    store._client.put_object(settings.s3_models_bucket, f"{version}/{name}", io.BytesIO(content), len(content))


def refused():
    return {reason: metrics.REFUSED_MODELS.labels(reason)._value.get() for reason in ("signature", "files")}


def test_a_version_signed_here_is_served(shelf, register):
    version = register("2.0.0")
    assert shelf.get().card.version == version


def test_an_unsigned_one_is_served_unless_signatures_are_required(database, store, own, register):
    version = register("2.0.0", key=None)
    assert ModelShelf(database, store, own).get().card.version == version
    strict = own.model_copy(update={"model_signatures": "require"})
    with pytest.raises(Outage, match="could be loaded"):
        ModelShelf(database, store, strict).get()


def test_a_trained_version_must_be_signed(shelf, register):
    register("2.0.0", key=None, origin="trained")
    with pytest.raises(Outage):
        shelf.get()


@pytest.mark.parametrize("name", ["card.json", "manifest.json", "model.onnx", "model.sig"])
def test_a_file_that_was_exchanged_is_refused_and_the_champion_before_it_goes_on(shelf, store, own, register, name):
    before = register("2.0.0")
    assert shelf.get().card.version == before
    after = register("2.1.0")
    exchange(store, own, after, name, b'{"files": {}}')
    counted = refused()
    with capture_logs() as said:
        assert shelf.get().card.version == before
    (line,) = [one for one in said if one["event"] == "champion_refused"]
    assert (line["version"], line["serving"]) == (after, before)
    assert refused() == counted | {"signature": counted["signature"] + 1}


def test_a_signature_that_was_taken_away_is_missed(shelf, store, own, register):
    before = register("2.0.0")
    assert shelf.get().card.version == before
    after = register("2.1.0")
    store._client.remove_object(own.s3_models_bucket, f"{after}/model.sig")
    with capture_logs() as said:
        assert shelf.get().card.version == before
    assert "carries no signature" in next(one["error"] for one in said if one["event"] == "champion_refused")


def test_a_stranger_is_refused_until_the_operator_lays_down_the_key(database, store, own, keys, register):
    version = register("2.0.0", key="other")
    with pytest.raises(Outage):
        ModelShelf(database, store, own).get()
    (keys / "trusted" / "friend.pub").write_bytes((keys / "other.pub").read_bytes())
    assert ModelShelf(database, store, own).get().card.version == version


def test_what_an_upload_that_was_broken_off_left_behind_does_not_become_part_of_a_version(store, own, shelf, register):
    exchange(store, own, "2.0.0", "model.sig", b"of another upload")
    exchange(store, own, "2.0.0", "report.json", b"{}")
    version = register("2.0.0", key=None)
    assert "report.json" not in store.model_sizes(version)
    assert shelf.get().card.version == version
