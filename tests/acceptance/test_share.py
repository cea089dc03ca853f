"""Weights from one installation to another: exported, handed out by any web server, vouched for, served."""

import functools
import http.server
import io
import threading
from pathlib import Path

import pytest
from PIL import Image

from jinwi import Client
from shared import archive, pem, signing
from tests.models import brightness
from tests.processes import wait_until

PATIENCE = 60
VERSION = "2.7.0"


@pytest.fixture
def run(service, jinwi):
    """The command line on the machine of the running system."""

    def call(*arguments):
        return jinwi("models", *arguments, JINWI_URL=service.url, JINWI_HOME=str(service.home), LC_ALL="C.UTF-8")

    return call


@pytest.fixture
def site(tmp_path):
    """A web server that knows nothing of Jinwi, and the folder that it shows."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    root = tmp_path / "site"
    root.mkdir()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(root)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", root
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def friend(tmp_path):
    """Another who makes versions: its public key, and the file of one that it signed."""
    pem.make_key_pair(tmp_path / "friend.pem", tmp_path / "friend.pub")
    directory = brightness(tmp_path / VERSION, VERSION)
    signing.sign(directory, tmp_path / "friend.pem")
    files = {path.name: path.read_bytes() for path in directory.iterdir()}
    sizes = {name: len(content) for name, content in files.items()}
    return tmp_path / "friend.pub", b"".join(archive.pieces(sizes, {name: [files[name]] for name in files}))


def picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 48), (250, 250, 250)).save(file, "PNG")
    return file.getvalue()


def test_what_this_installation_exports_its_own_key_vouches_for(service, run, tmp_path):
    result = run("export", "champion", "--out", str(tmp_path))
    assert result.returncode == 0, result.stderr
    (file,) = tmp_path.glob("*.jinwi")
    (own,) = pem.read_public_keys(service.home / "model_key.pub")
    assert own.fingerprint in result.stderr
    (tmp_path / "inside").mkdir()
    with file.open("rb") as content:
        archive.unpack(content, tmp_path / "inside", max_bytes=1 << 30)
    found = signing.file_hashes(tmp_path / "inside")
    signature = signing.read_signature(tmp_path / "inside")
    assert signing.verify(signature, found, {own.fingerprint: own}) == own.fingerprint
    assert run("import", str(file)).returncode == 0


def test_a_strangers_version_is_served_once_the_operator_trusts_the_key(service, run, site, friend):
    address, root = site
    key, content = friend
    (root / f"brightness-{VERSION}.jinwi").write_bytes(content)
    url = f"{address}/brightness-{VERSION}.jinwi"
    with Client(service.url, service.key) as client:
        before = client.model().version
        assert "not trusted here" in run("pull", url).stderr
        # The server goes by its own list, whatever the command line trusts.
        refused = run("pull", url, "--key", str(key))
        assert (refused.returncode, "JINWI_MODEL_TRUST" in refused.stderr) == (1, True)
        assert VERSION not in {model.version for model in client.models()}
        trusted = Path(service.home) / "trusted_keys" / "friend.pub"
        trusted.write_bytes(key.read_bytes())
        try:
            pulled = run("pull", url, "--promote")
            assert pulled.returncode == 0, pulled.stderr
            wait_until(lambda: client.verify(picture()).result.model_version == VERSION, PATIENCE)
        finally:
            if client.model().version != before:
                client.promote_model(before)
        wait_until(lambda: client.verify(picture()).result.model_version == before, PATIENCE)
