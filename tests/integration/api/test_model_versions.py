"""Model versions that are uploaded, promoted and rolled back."""

import hashlib
import io
import json
from dataclasses import replace

import pytest

from services.api.spool import Spool
from shared import archive, pem, signing
from shared.domain.retraining import Mode
from shared.domain.tenant import Scope
from shared.storage import lifecycle, models, retraining
from shared.storage.lock import REGISTRATION, only_one
from shared.storage.retraining import Order
from tests.models import copy_of_shipped

MODELS = "/v1/models"


@pytest.fixture
def version(shipped, tmp_path):
    """Makes the files of a version, by name."""

    def make(number="7.0.0", **changed):
        directory = copy_of_shipped(tmp_path / number, number)
        return {path.name: path.read_bytes() for path in directory.iterdir()} | changed

    return make


def with_card(files, change):
    """The files of a version whose card is changed, and whose manifest fits."""
    card = json.loads(files["card.json"])
    change(card)
    files["card.json"] = json.dumps(card).encode()
    return with_manifest(files)


def with_manifest(files):
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in files.items() if name != "manifest.json"}
    return files | {"manifest.json": json.dumps({"files": hashes}).encode()}


def upload(client, files):
    return client.post(MODELS, files={name: (name, data) for name, data in files.items()})


def aliases(client) -> dict[str, str]:
    return {alias: model["version"] for model in client.get(MODELS).json()["models"] for alias in model["aliases"]}


def fields(answer) -> dict[str, str]:
    assert answer.status_code == 422, answer.text
    return {error["field"]: error["message"] for error in answer.json()["errors"]}


def test_where_no_place_is_free_it_is_refused_and_registered_later(connect, client, shipped, version, tmp_path):
    state = connect.app.state
    parts = state.parts
    state.parts = replace(parts, model_spool=Spool(tmp_path, at_once=0))
    answer = upload(client, version())
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:jinwi:problem:busy")
    assert answer.headers["Retry-After"] == "30"
    state.parts = parts
    assert upload(client, version("7.0.1")).status_code == 201


def test_an_uploaded_version_is_registered_whole_and_scores_nothing_yet(client, store, shipped, version, tmp_path):
    files = version()
    before = aliases(client)
    answer = upload(client, files)
    assert answer.status_code == 201
    document = answer.json()
    assert (document["version"], document["origin"], document["aliases"]) == ("7.0.0", "imported", [])
    assert document == client.get(f"{MODELS}/7.0.0").json()
    assert aliases(client) == before
    store.get_model("7.0.0", tmp_path / "back")
    assert {path.name: path.read_bytes() for path in (tmp_path / "back").iterdir()} == files


def test_the_very_same_files_again_are_no_second_version(client, version):
    files = version()
    first, again = upload(client, files), upload(client, files)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()


def test_a_taken_version_is_refused_and_keeps_its_files(client, store, shipped, version, tmp_path):
    other = with_manifest(version(shipped, **{"metrics.json": b"{}"}))
    answer = upload(client, other)
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:jinwi:problem:conflict")
    assert shipped in answer.json()["detail"]
    store.get_model(shipped, tmp_path / "back")
    assert (tmp_path / "back" / "metrics.json").read_bytes() != b"{}"


def test_while_one_is_being_registered_another_is_asked_to_wait(client, settings, version):
    files = version()
    with only_one(settings, REGISTRATION) as held:
        assert held is not None
        assert upload(client, files).status_code == 409
    assert upload(client, files).status_code == 201


def test_a_number_that_a_retraining_run_keeps_for_its_candidate_is_refused_with_what_to_do(
    client, database, store, version
):
    with database.transaction() as connection:
        run = retraining.ask(connection, Order(mode=Mode.HEAD, min_samples=0), by=None)
        reserved = models.next_version(connection, "one of its own", run_id=run.id)
    number = f"{int(reserved.split('.')[0]) + 6}.0.0"
    with database.transaction() as connection:
        connection.execute("UPDATE version_reservations SET version = %s", [number])
    answer = upload(client, version(number))
    assert answer.status_code == 409
    assert str(run.id) in answer.json()["detail"]
    assert "next number" in answer.json()["detail"]
    assert store.model_sizes(number) == {}


class TestRemoval:
    def test_a_version_that_nothing_needs_goes_and_a_result_that_names_it_stays_readable(
        self, client, version, shipped, store, new_key, connect
    ):
        upload(client, version())
        answer = client.delete(f"{MODELS}/7.0.0", params={"why": "never served"})
        assert (answer.status_code, answer.json()["state"]) == (200, "removed")
        assert "7.0.0" not in {model["version"] for model in client.get(MODELS).json()["models"]}
        reader = connect(new_key({Scope.READ}))
        assert reader.get(f"{MODELS}/7.0.0").json() == answer.json()
        [move] = reader.get(f"{MODELS}/7.0.0/rollout").json()["moves"]
        assert (move["after"], move["why"]) == ("removed", "never served")
        assert client.get(f"{MODELS}/7.0.0/archive").status_code == 404
        assert client.post(f"{MODELS}/7.0.0/promote").status_code == 404
        assert store.model_sizes("7.0.0") == {}

    def test_the_changelog_says_that_it_was_removed_in_both_forms(self, client, version):
        upload(client, version())
        client.delete(f"{MODELS}/7.0.0", params={"why": "never served"})
        path = f"{MODELS}/changelog"
        [entry] = [each for each in client.get(path).json()["entries"] if each["version"] == "7.0.0"]
        assert entry["status"] == "removed"
        text = client.get(path, headers={"Accept": "text/markdown"}).text
        assert "· removed" in text
        assert "never served" in text

    def test_one_that_something_needs_stays_and_the_answer_says_what(self, client, shipped):
        for name in (shipped, "champion"):
            answer = client.delete(f"{MODELS}/{name}")
            assert (answer.status_code, answer.json()["type"]) == (409, "urn:jinwi:problem:conflict")
            assert "it is champion" in answer.json()["detail"]
            assert "the installed release comes with it" in answer.json()["detail"]

    def test_a_pin_is_refused_once_it_is_gone(self, client, version):
        upload(client, version())
        assert client.patch("/v1/policy", json={"model": "7.0.0"}).status_code == 200
        assert client.delete(f"{MODELS}/7.0.0").status_code == 409
        assert client.patch("/v1/policy", json={"model": None}).status_code == 200
        assert client.delete(f"{MODELS}/7.0.0").status_code == 200
        assert fields(client.patch("/v1/policy", json={"model": "7.0.0"})).keys() == {"model"}

    def test_what_never_was_is_not_found(self, client):
        assert client.delete(f"{MODELS}/99.0.0").status_code == 404


class TestRefusals:
    def refused(self, client, files) -> dict[str, str]:
        said = fields(upload(client, files))
        assert client.get(f"{MODELS}/7.0.0").status_code == 404
        return said

    def test_a_damaged_file(self, client, version):
        files = version()
        said = self.refused(client, files | {"model.onnx": files["model.onnx"] + b"x"})
        assert said.keys() == {"model.onnx"}
        assert "SHA-256" in said["model.onnx"]

    def test_a_file_that_is_not_there(self, client, version):
        files = version()
        del files["golden.npz"]
        assert self.refused(client, files).keys() == {"golden.npz"}

    def test_a_file_too_many(self, client, version):
        assert self.refused(client, version(**{"notes.txt": b"x"})).keys() == {"notes.txt"}

    def test_a_version_without_golden_outputs(self, client, version):
        files = version()
        del files["golden.npz"]
        assert self.refused(client, with_manifest(files)).keys() == {"golden.npz"}

    @pytest.mark.parametrize(
        "text",
        [
            b"{",
            b"[]",
            b'{"files": 3}',
            b'{"files": {}}',
            b'{"files": {"../model.onnx": "' + b"0" * 64 + b'"}}',
            b'{"files": {"manifest.json": "' + b"0" * 64 + b'"}}',
            b'{"files": {"model.onnx": "0"}}',
            b'{"files": {"model.onnx": 3}}',
            b"\xff",
        ],
    )
    def test_a_manifest_that_is_none(self, client, version, text):
        assert self.refused(client, version(**{"manifest.json": text})).keys() == {"manifest.json"}

    def test_no_manifest(self, client, version):
        files = version()
        del files["manifest.json"]
        assert self.refused(client, files).keys() == {"manifest.json"}

    @pytest.mark.parametrize(
        ("change", "word"),
        [
            (lambda card: card.pop("name"), "name"),
            (lambda card: card.update(name=""), "name"),
            (lambda card: card.update(name=7), "name"),
            (lambda card: card.update(name="a\0b"), "NUL"),
            (lambda card: card.update(version="one"), "version"),
            (lambda card: card.update(version="1.0." + "1" * 50), "version"),
            (lambda card: card["thresholds"].update(likely_ai=0.1), "thresholds"),
            (lambda card: card.update(calibration={"temperature": "hot", "bias": 0.0}), "temperature"),
            (lambda card: card.update(calibration={"temperature": 1.0, "bias": "x"}), "bias"),
            (lambda card: card["range"].update(min_side="a"), "min_side"),
            (lambda card: card["input"].update(width=float("nan")), "card"),
            (lambda card: card.update(note=float("inf")), "infinite"),
        ],
    )
    def test_a_card_that_is_none(self, client, version, change, word):
        said = self.refused(client, with_card(version(), change))
        assert said.keys() == {"card.json"}
        assert word in said["card.json"]

    def test_a_card_that_is_no_object(self, client, version):
        assert self.refused(client, with_manifest(version(**{"card.json": b"[]"}))).keys() == {"card.json"}

    def test_a_text_where_a_file_belongs(self, client, version):
        files = {name: (name, data) for name, data in version().items()}
        answer = client.post(MODELS, files=files, data={"card.json": "{}"})
        assert fields(answer).keys() == {"card.json"}

    def test_a_body_that_is_no_form(self, client):
        assert client.post(MODELS, json={}).status_code == 415

    def test_a_version_over_the_limit(self, serve, settings, new_key, version):
        client = serve(settings.model_copy(update={"max_model_bytes": 100_000}))(new_key())
        assert upload(client, version()).status_code == 413

    def test_a_key_without_the_scope(self, connect, new_key, shipped, version):
        client = connect(new_key(set(Scope) - {Scope.MODELS}))
        answers = [
            upload(client, version()),
            client.post(f"{MODELS}/{shipped}/promote"),
            client.post(f"{MODELS}/rollback"),
        ]
        assert [answer.json()["scope"] for answer in answers] == ["models"] * 3


class TestSignatures:
    @pytest.fixture
    def keys(self, tmp_path):
        for name in ("own", "other"):
            pem.make_key_pair(tmp_path / f"{name}.pem", tmp_path / f"{name}.pub")
        return tmp_path

    @pytest.fixture
    def own(self, serve, settings, new_key, keys):
        """A client of an installation that has a key, and of one that takes what is signed alone."""

        def client(**changed):
            return serve(settings.model_copy(update={"model_public_key": keys / "own.pub", **changed}))(new_key())

        return client

    @pytest.fixture
    def signed(self, shipped, keys, tmp_path):
        def make(key="own", number="7.0.0"):
            directory = copy_of_shipped(tmp_path / "signed" / number, number)
            signing.sign(directory, keys / f"{key}.pem")
            return {path.name: path.read_bytes() for path in directory.iterdir()}

        return make

    def test_a_version_by_a_trusted_key_is_registered_with_its_signature(self, own, signed, keys, store):
        client, files = own(), signed()
        answer = upload(client, files)
        (key,) = pem.read_public_keys(keys / "own.pub")
        assert (answer.status_code, answer.json()["signed_by"]) == (201, key.fingerprint)
        assert client.get(f"{MODELS}/7.0.0").json()["signed_by"] == key.fingerprint
        assert store.get_signature("7.0.0") is not None
        assert upload(client, files).status_code == 200

    def test_what_a_stranger_signed_is_refused_and_the_key_named(self, own, signed, keys):
        (key,) = pem.read_public_keys(keys / "other.pub")
        said = fields(upload(own(), signed("other")))
        assert key.fingerprint in said["model.sig"]
        assert "JINWI_MODEL_TRUST" in said["model.sig"]

    def test_a_signature_over_other_files_is_refused_and_they_are_named(self, own, signed):
        files = with_manifest(signed() | {"metrics.json": b"{}"})
        hashes = json.loads(files["manifest.json"])["files"]
        del hashes["model.sig"]
        said = fields(upload(own(), files | {"manifest.json": json.dumps({"files": hashes}).encode()}))
        assert said.keys() == {"model.sig"}
        assert "manifest.json, metrics.json" in said["model.sig"]

    def test_what_is_unsigned_is_refused_where_that_is_required(self, own, version):
        said = fields(upload(own(model_signatures="require"), version()))
        assert said.keys() == {"model.sig"}

    def test_an_exported_version_is_the_same_bytes_each_time_and_unpacks_to_its_files(self, own, signed, tmp_path):
        client, files = own(), signed()
        assert upload(client, files).status_code == 201
        first, again = (client.get(f"{MODELS}/7.0.0/archive") for _ in range(2))
        assert first.status_code == 200
        assert first.content == again.content
        assert int(first.headers["Content-Length"]) == len(first.content)
        assert "-7.0.0.jinwi" in first.headers["Content-Disposition"]
        (tmp_path / "back").mkdir()
        archive.unpack(io.BytesIO(first.content), tmp_path / "back", max_bytes=1 << 30)
        assert {path.name: path.read_bytes() for path in (tmp_path / "back").iterdir()} == files

    def test_an_export_needs_a_version_and_the_scope(self, connect, client, new_key, shipped):
        assert client.get(f"{MODELS}/9.9.9/archive").status_code == 404
        assert client.get(f"{MODELS}/champion/archive").status_code == 200
        assert connect(new_key({Scope.READ})).get(f"{MODELS}/champion/archive").status_code == 403

    def test_a_version_that_is_not_whole_is_not_exported(self, client, store, settings, shipped):
        store._client.remove_object(settings.s3_models_bucket, f"{shipped}/golden.npz")
        assert client.get(f"{MODELS}/{shipped}/archive").status_code == 503


class TestAliases:
    @pytest.fixture
    def two(self, client, version):
        for number in ("7.0.0", "7.1.0"):
            assert upload(client, version(number)).status_code == 201
        return client

    def test_a_promoted_version_is_champion_and_the_one_before_it_previous(self, two, shipped):
        answer = two.post(f"{MODELS}/7.0.0/promote")
        assert (answer.status_code, answer.json()["aliases"]) == (200, ["champion"])
        assert aliases(two) == {"champion": "7.0.0", "previous": shipped}
        two.post(f"{MODELS}/7.1.0/promote")
        assert aliases(two) == {"champion": "7.1.0", "previous": "7.0.0"}

    def test_promoting_the_champion_again_keeps_what_a_rollback_returns_to(self, two, shipped):
        assert [two.post(f"{MODELS}/7.0.0/promote").status_code for _ in range(2)] == [200, 200]
        assert aliases(two) == {"champion": "7.0.0", "previous": shipped}

    def test_a_rollback_returns_to_the_previous_version_once(self, two, shipped):
        two.post(f"{MODELS}/7.0.0/promote")
        answer = two.post(f"{MODELS}/rollback")
        assert (answer.status_code, answer.json()["version"]) == (200, shipped)
        assert aliases(two) == {"champion": shipped}
        again = two.post(f"{MODELS}/rollback")
        assert (again.status_code, again.json()["type"]) == (409, "urn:jinwi:problem:conflict")
        assert aliases(two) == {"champion": shipped}

    def test_a_version_is_promoted_by_its_alias(self, two, shipped, database):
        with database.transaction() as connection:
            lifecycle.enter(connection, "7.1.0", run_id=None, by=None, why="a test")
        assert two.post(f"{MODELS}/challenger/promote").json()["version"] == "7.1.0"
        assert aliases(two) == {"champion": "7.1.0", "previous": shipped}
        two.post(f"{MODELS}/previous/promote")
        assert aliases(two) == {"champion": shipped, "previous": "7.1.0"}

    def test_what_is_no_version_is_not_promoted(self, two, shipped):
        before = aliases(two)
        assert two.post(f"{MODELS}/9.9.9/promote").status_code == 404
        assert two.post(f"{MODELS}/%00/promote").status_code == 422
        assert aliases(two) == before
