"""Key pairs and public keys in PEM files: made once, read with care."""

import pytest

from shared import pem
from shared.errors import ConfigurationError


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """Folder with `own.pem`, `own.pub`, `other.pem`, `other.pub`."""
    folder = tmp_path_factory.mktemp("keys")
    for name in ("own", "other"):
        pem.make_key_pair(folder / f"{name}.pem", folder / f"{name}.pub")
    return folder


def fingerprints(*files):
    return {key.fingerprint for file in files for key in pem.read_public_keys(file)}


def test_a_private_key_is_its_owners_alone_and_is_never_replaced(tmp_path):
    private, public = tmp_path / "model_key.pem", tmp_path / "model_key.pub"
    assert pem.make_key_pair(private, public) is True
    before = private.read_bytes(), public.read_bytes()
    assert private.stat().st_mode & 0o777 == 0o600
    assert pem.make_key_pair(private, public) is False
    assert (private.read_bytes(), public.read_bytes()) == before


def test_a_lost_public_half_is_made_of_the_private_one(tmp_path):
    private, public = tmp_path / "model_key.pem", tmp_path / "model_key.pub"
    pem.make_key_pair(private, public)
    before = public.read_bytes()
    public.unlink()
    assert pem.make_key_pair(private, public) is False
    assert public.read_bytes() == before


def test_one_file_may_hold_several_keys(keys, tmp_path):
    both = tmp_path / "both.pem"
    both.write_bytes((keys / "own.pub").read_bytes() + (keys / "other.pub").read_bytes())
    assert fingerprints(both) == fingerprints(keys / "own.pub", keys / "other.pub")


def test_a_private_key_is_no_public_one(keys):
    with pytest.raises(ConfigurationError, match="stays with whoever signs"):
        pem.read_public_keys(keys / "own.pem")


@pytest.mark.parametrize("content", [b"", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
def test_what_holds_no_key_is_said(tmp_path, content):
    file = tmp_path / "none.pem"
    file.write_bytes(content)
    with pytest.raises(ConfigurationError, match="holds no"):
        pem.read_public_keys(file)
