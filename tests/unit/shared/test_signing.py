"""A version's signature, written by `model-signing` and read by us: what is let through, and what each fault is called."""

import base64
import hashlib
import json
import subprocess
import sys

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from shared import config, pem, signing
from shared.errors import ConfigurationError, FilesChanged, KeyNotTrusted, SignatureDamaged, SignatureRefused, Unsigned


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """Folder with `own.pem`, `own.pub`, `other.pem`, `other.pub`."""
    folder = tmp_path_factory.mktemp("keys")
    for name in ("own", "other"):
        pem.make_key_pair(folder / f"{name}.pem", folder / f"{name}.pub")
    return folder


@pytest.fixture
def version(tmp_path, keys):
    directory = tmp_path / "1.2.0"
    directory.mkdir()
    (directory / "model.onnx").write_bytes(b"weights")
    (directory / "card.json").write_bytes(b"{}")
    (directory / "manifest.json").write_bytes(b'{"files": {}}')
    signing.sign(directory, keys / "own.pem")
    return directory


def trusted(*files):
    return {key.fingerprint: key for file in files for key in pem.read_public_keys(file)}


def verify(directory, *files):
    return signing.verify(signing.read_signature(directory), signing.file_hashes(directory), trusted(*files))


def test_what_a_trusted_key_signed_is_accepted_and_the_key_is_named_as_sha256sum_names_its_file(version, keys):
    assert (
        verify(version, keys / "other.pub", keys / "own.pub")
        == hashlib.sha256((keys / "own.pub").read_bytes()).hexdigest()
    )


def test_the_package_that_defines_the_format_accepts_it_too(version, keys):
    said = subprocess.run(
        [
            *(sys.executable, "-m", "model_signing", "verify", "key", version),
            *("--signature", version / "model.sig", "--public_key", keys / "own.pub"),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert said.returncode == 0, said.stderr


def test_a_key_that_is_not_on_the_list_is_named(version, keys):
    with pytest.raises(KeyNotTrusted) as refused:
        verify(version, keys / "other.pub")
    assert refused.value.fingerprint == hashlib.sha256((keys / "own.pub").read_bytes()).hexdigest()


@pytest.mark.parametrize("change", ["changed", "missing", "added"])
def test_each_file_that_is_not_as_signed_is_named(version, keys, change):
    match change:
        case "changed":
            (version / "card.json").write_bytes(b'{"version": "9.9.9"}')
        case "missing":
            (version / "card.json").unlink()
        case "added":
            (version / "card.json2").write_bytes(b"")
    with pytest.raises(FilesChanged) as refused:
        verify(version, keys / "own.pub")
    assert refused.value.names == [f"card.json{'2' if change == 'added' else ''}"]


def test_one_who_signs_himself_and_claims_a_trusted_key_is_found_out(version, keys):
    own = json.loads((version / "model.sig").read_text())["verificationMaterial"]["publicKey"]["hint"]
    signing.sign(version, keys / "other.pem")
    bundle = json.loads((version / "model.sig").read_text())
    bundle["verificationMaterial"]["publicKey"]["hint"] = own
    (version / "model.sig").write_text(json.dumps(bundle))
    with pytest.raises(SignatureDamaged):
        verify(version, keys / "own.pub")


def test_a_payload_that_was_exchanged_is_found_out(version, keys):
    bundle = json.loads((version / "model.sig").read_text())
    statement = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
    (version / "model.onnx").write_bytes(b"poisoned")
    for resource in statement["predicate"]["resources"]:
        resource["digest"] = hashlib.sha256((version / resource["name"]).read_bytes()).hexdigest()
    bundle["dsseEnvelope"]["payload"] = base64.b64encode(json.dumps(statement).encode()).decode()
    (version / "model.sig").write_text(json.dumps(bundle))
    with pytest.raises(SignatureDamaged):
        verify(version, keys / "own.pub")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory, keys):
    directory = tmp_path_factory.mktemp("signed")
    (directory / "model.onnx").write_bytes(b"weights")
    signing.sign(directory, keys / "own.pem")
    return json.loads((directory / "model.sig").read_text()), signing.file_hashes(directory)


PLACES = [
    *[("mediaType",), ("verificationMaterial",), ("verificationMaterial", "publicKey"), ("dsseEnvelope",)],
    *[("verificationMaterial", "publicKey", "hint"), ("dsseEnvelope", "payload"), ("dsseEnvelope", "payloadType")],
    *[("dsseEnvelope", "signatures"), ("dsseEnvelope", "signatures", 0), ("dsseEnvelope", "signatures", 0, "sig")],
]


@given(place=st.sampled_from(PLACES), value=JSON)
def test_a_bundle_with_any_part_exchanged_is_refused_and_never_more_than_that(bundle, keys, place, value):
    good, found = bundle
    changed = json.loads(json.dumps(good))
    *path, last = place
    part = changed
    for name in path:
        part = part[name]
    part[last] = value
    with pytest.raises(SignatureRefused):
        signing.verify(json.dumps(changed).encode(), found, trusted(keys / "own.pub"))


@given(content=st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_whatever_else_stands_there_is_refused(bundle, keys, content):
    with pytest.raises(SignatureRefused):
        signing.verify(content, bundle[1], trusted(keys / "own.pub"))


def test_nesting_without_end_is_refused(bundle, keys):
    with pytest.raises(SignatureDamaged):
        signing.verify(b"[" * 100_000, bundle[1], trusted(keys / "own.pub"))


class TestTrust:
    def of(self, **changed):
        return signing.Trust.of(config.Settings(**changed))

    def test_without_a_signature_nothing_vouches_and_only_require_minds(self, keys):
        assert self.of(model_public_key=keys / "own.pub").check(None, {}) is None
        with pytest.raises(Unsigned):
            self.of(model_public_key=keys / "own.pub", model_signatures="require").check(None, {})

    def test_a_signature_that_was_taken_away_is_missed(self, keys):
        with pytest.raises(Unsigned):
            self.of(model_public_key=keys / "own.pub").check(None, {}, signed=True)

    def test_a_signature_by_nobody_who_is_trusted_is_refused_even_where_none_is_required(self, version):
        with pytest.raises(KeyNotTrusted):
            self.of().check(signing.read_signature(version), signing.file_hashes(version))

    def test_the_installations_own_key_and_a_folder_of_others_are_trusted(self, version, keys, tmp_path):
        folder = tmp_path / "trusted"
        folder.mkdir()
        (folder / "friend.pub").write_bytes((keys / "other.pub").read_bytes())
        (folder / "notes.txt").write_text("not a key")
        trust = self.of(model_public_key=keys / "own.pub", model_trust=folder)
        assert trust.keys.keys() == trusted(keys / "own.pub", keys / "other.pub").keys()
        assert trust.check(signing.read_signature(version), signing.file_hashes(version))

    def test_a_file_that_is_no_key_trusts_nobody_and_stops_nobody(self, version, keys, tmp_path):
        folder = tmp_path / "trusted"
        folder.mkdir()
        (folder / "a-broken.pub").write_text("not a key")
        (folder / "friend.pub").write_bytes((keys / "own.pub").read_bytes())
        with capture_logs() as said:
            trust = self.of(model_public_key=tmp_path / "none.pub", model_trust=folder)
        assert trust.keys.keys() == trusted(keys / "own.pub").keys()
        assert [one["file"] for one in said] == [str(tmp_path / "none.pub"), str(folder / "a-broken.pub")]

    def test_what_the_installations_own_workers_would_refuse_is_not_signed_in_its_name(self, version, keys):
        settings = config.Settings(model_signing_key=keys / "own.pem", model_public_key=keys / "other.pub")
        with pytest.raises(ConfigurationError, match="JINWI_MODEL_PUBLIC_KEY"):
            signing.vouch(version, settings)
        assert signing.vouch(version, config.Settings()) is None


def test_a_curve_that_the_format_does_not_know_is_refused(tmp_path, version):
    key = ec.generate_private_key(ec.SECP256K1())
    file = tmp_path / "curve.pem"
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    file.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    with pytest.raises(ConfigurationError, match="P-256"):
        signing.sign(version, file)


def test_a_key_that_is_not_there_is_a_wrong_setting(tmp_path, version):
    with pytest.raises(ConfigurationError, match="JINWI_MODEL_SIGNING_KEY"):
        signing.sign(version, tmp_path / "none.pem")
