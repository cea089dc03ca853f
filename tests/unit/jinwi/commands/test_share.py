"""`jinwi models export`, `pull` and `import` of one file: what is sent on, and what each fault is called."""

import functools
import hashlib
import http.server
import json
import sys
import threading

import pytest
from typer.testing import CliRunner

from jinwi.cli import app
from shared import archive, pem, signing
from shared.scoring.manifest import write_manifest
from tests.unit.jinwi.conftest import KEY, Answer, problem

VERSION = {"version": "2.0.0", "name": "brightness", "state": "available", "aliases": [], "card": {}}
NAME = "brightness-2.0.0.jinwi"
ROUTE = ("GET", "/v1/models/2.0.0/archive")


@pytest.fixture
def home(tmp_path):
    """An installation's folder: its own key pair, the folder of trusted keys, and a friend's pair beside it."""
    home = tmp_path / "home"
    (home / "trusted_keys").mkdir(parents=True)
    pem.make_key_pair(home / "model_key.pem", home / "model_key.pub")
    pem.make_key_pair(tmp_path / "friend.pem", tmp_path / "friend.pub")
    return home


@pytest.fixture
def web(tmp_path):
    """A static web server; `web.url` and the folder `web.root`."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def do_GET(self):
            if self.path.startswith("/moved/"):
                self.send_response(302)
                self.send_header("Location", self.path.removeprefix("/moved"))
                self.end_headers()
            elif self.path == "/round":
                self.send_response(302)
                self.send_header("Location", "/round")
                self.end_headers()
            elif self.path == "/away":
                self.send_response(302)
                self.send_header("Location", "http://192.0.2.1/x.jinwi")
                self.end_headers()
            else:
                super().do_GET()

        def log_message(self, *_):
            pass

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_):
            # A client that has seen enough goes away in the middle.
            assert isinstance(sys.exception(), ConnectionError)

    root = tmp_path / "web"
    root.mkdir()
    server = Server(("127.0.0.1", 0), functools.partial(Handler, directory=str(root)))
    server.root, server.url = root, f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def packed(tmp_path, home):
    """Makes the one file of a version; `changes` are files exchanged after they were signed."""

    def make(key="friend", *, number="2.0.0", **changes):
        directory = tmp_path / "made"
        directory.mkdir(exist_ok=True)
        for path in directory.iterdir():
            path.unlink()
        (directory / "card.json").write_text(json.dumps({"name": "brightness", "version": number}))
        (directory / "model.onnx").write_bytes(b"weights" * 1000)
        write_manifest(directory)
        if key:
            signing.sign(directory, tmp_path / f"{key}.pem" if key == "friend" else home / "model_key.pem")
        for name, content in changes.items():
            (directory / name.replace("_", ".")).write_bytes(content)
        files = {path.name: path.read_bytes() for path in directory.iterdir()}
        sizes = {name: len(content) for name, content in files.items()}
        return b"".join(archive.pieces(sizes, {name: [content] for name, content in files.items()}))

    return make


@pytest.fixture
def command(jinwi, home, monkeypatch):
    jinwi.routes = {("POST", "/v1/models"): Answer(status=201, document=VERSION)}

    def run(*arguments, **changed):
        variables = {"JINWI_URL": jinwi.url, "JINWI_API_KEY": KEY, "JINWI_HOME": str(home), "LC_ALL": "C.UTF-8"}
        return CliRunner().invoke(app, ["models", *(str(each) for each in arguments)], env=variables | changed)

    return run


def sent(jinwi):
    return [seen.fields for seen in jinwi.seen if seen.method == "POST"]


def fingerprint(file):
    return pem.read_public_keys(file)[0].fingerprint


@pytest.fixture
def pull(command, web, tmp_path):
    """Lays a file on the web server and pulls it, trusting the friend unless said otherwise."""

    def run(content, *options, name=NAME, trust=True, **changed):
        (web.root / name).write_bytes(content)
        trusted = ["--key", tmp_path / "friend.pub"] if trust else []
        return command("pull", f"{web.url}/{name}", *trusted, *options, **changed)

    return run


class TestPull:
    def test_what_a_trusted_key_signed_is_sent_on_whole_and_the_key_is_named(self, pull, packed, jinwi, tmp_path):
        result = pull(packed())
        assert result.exit_code == 0, result.stderr
        assert sent(jinwi)[0].keys() == {"card.json", "model.onnx", "manifest.json", "model.sig"}
        assert fingerprint(tmp_path / "friend.pub") in result.stderr
        assert "friend.pub" in result.stderr
        assert "Version 2.0.0 is registered" in result.stdout

    def test_a_key_laid_down_in_the_home_is_trusted_too(self, pull, packed, home, tmp_path):
        (home / "trusted_keys" / "friend.pub").write_bytes((tmp_path / "friend.pub").read_bytes())
        assert pull(packed(), trust=False).exit_code == 0
        assert pull(packed("own"), trust=False).exit_code == 0

    def test_it_is_promoted_at_once_where_that_is_asked(self, pull, packed, jinwi):
        promoted = Answer(status=200, document={**VERSION, "aliases": ["champion"]})
        jinwi.routes[("POST", "/v1/models/2.0.0/promote")] = promoted
        assert json.loads(pull(packed(), "--promote", "--json").stdout)["aliases"] == ["champion"]

    @pytest.mark.parametrize(
        ("language", "words"), [("en", "stays as it is: champion"), ("ko", "그대로입니다: 챔피언")]
    )
    def test_of_a_version_that_scores_already_it_is_not_said_that_it_scores_nothing(
        self, pull, packed, jinwi, language, words
    ):
        jinwi.routes[("POST", "/v1/models")] = Answer(status=200, document={**VERSION, "state": "champion"})
        said = pull(packed(), "--lang", language).stdout
        assert words in said
        assert "promote" not in said

    def test_a_redirect_is_followed(self, command, pull, packed, web, tmp_path):
        (web.root / NAME).write_bytes(packed())
        assert command("pull", f"{web.url}/moved/{NAME}", "--key", tmp_path / "friend.pub").exit_code == 0

    def refused(self, result, jinwi, english, korean):
        """In one line, in both languages, and nothing was sent."""
        assert result("en").exit_code in {1, 2}
        for language, words in (("en", english), ("ko", korean)):
            (line,) = result(language).stderr.splitlines()
            assert words in line
        assert sent(jinwi) == []

    @pytest.mark.parametrize(
        ("content", "english", "korean"),
        [
            (lambda make: make(model_onnx=b"poison"), "model.onnx differ", "다른 파일: model.onnx"),
            (lambda make: make(None, model_onnx=b"poison"), "model.onnx differ", "다른 파일: model.onnx"),
            (lambda make: make()[:-600], "ends too early", "중간에 끊겼습니다"),
            (lambda make: make("own")[:3000], "ends too early", "중간에 끊겼습니다"),
            (lambda make: make(None), "carries no signature", "서명이 없어"),
            (lambda make: make(model_sig=b"{}"), "does not hold", "서명이 올바르지"),
            (lambda make: make(number="1.9.0"), "holds version 1.9.0", "버전 1.9.0 이 들어"),
            (lambda _: b"<html>" + bytes(2000), "not the file of a model", "모델 버전 파일이 아닙니다"),
        ],
        ids=["tampered", "tampered, unsigned", "truncated", "cut short", "unsigned", "no signature", "older", "a page"],
    )
    def test_each_fault_has_its_own_words(self, pull, packed, jinwi, content, english, korean):
        made = content(packed)
        self.refused(lambda language: pull(made, "--lang", language), jinwi, english, korean)

    def test_one_who_mends_the_manifest_too_is_found_out_by_the_signature(self, pull, packed, jinwi):
        card = json.dumps({"name": "brightness", "version": "2.0.0"}).encode()
        files = {"card.json": card, "model.onnx": b"poison"}
        hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
        made = packed(model_onnx=b"poison", manifest_json=json.dumps({"files": hashes}).encode())
        self.refused(
            lambda language: pull(made, "--lang", language),
            jinwi,
            "manifest.json, model.onnx differ",
            "manifest.json, model.onnx",
        )

    def test_a_key_that_is_not_trusted_is_named(self, pull, packed, jinwi, tmp_path):
        made = packed()
        assert fingerprint(tmp_path / "friend.pub") in pull(made, trust=False).stderr
        self.refused(
            lambda language: pull(made, "--lang", language, trust=False), jinwi, "not trusted here", "신뢰하지 않는 키"
        )

    def test_a_file_over_the_limit_is_not_fetched(self, pull, packed, jinwi):
        made = packed() + bytes(2 << 20)
        self.refused(
            lambda language: pull(made, "--lang", language, JINWI_MAX_MODEL_BYTES="1000"), jinwi, "more than", "보다 큽"
        )

    def test_what_is_not_there_is_said(self, command, web, jinwi):
        self.refused(lambda language: command("pull", f"{web.url}/none.jinwi", "--lang", language), jinwi, "404", "404")

    @pytest.mark.parametrize("path", ["/round", "/away"])
    def test_a_redirect_in_a_circle_or_to_an_address_without_tls_ends_it(self, command, web, jinwi, path):
        words = ("without end", "끝없이") if path == "/round" else ("https://", "https://")
        self.refused(lambda language: command("pull", web.url + path, "--lang", language), jinwi, *words)

    @pytest.mark.parametrize("url", ["http://192.0.2.1/a.jinwi", "ftp://example.com/a", "a.jinwi", "http://"])
    def test_only_https_is_fetched_from_elsewhere(self, command, jinwi, url):
        self.refused(lambda language: command("pull", url, "--lang", language), jinwi, "https://", "https://")

    def test_a_version_that_the_server_has_with_other_files_is_a_conflict(self, pull, packed, jinwi):
        taken = problem(409, "Conflict", "Version 2.0.0 is taken, by other files. Choose the next number.")
        jinwi.routes = {("POST", "/v1/models"): taken}
        result = pull(packed())
        assert (result.exit_code, "is taken, by other files" in result.stderr) == (1, True)


class TestExport:
    @pytest.fixture
    def serving(self, jinwi, packed):
        def serve(content):
            jinwi.routes = {
                ("GET", "/v1/models/2.0.0"): Answer(status=200, document=VERSION),
                ROUTE: Answer(status=200, content=content),
            }

        return serve

    def test_a_version_is_written_as_it_was_packed(self, command, serving, packed, tmp_path):
        content = packed("own")
        serving(content)
        result = command("export", "2.0.0", "--out", tmp_path, "--json")
        assert result.exit_code == 0, result.stderr
        said = json.loads(result.stdout)
        assert said["file"] == str(tmp_path / NAME)
        assert (tmp_path / NAME).read_bytes() == content
        assert (said["bytes"], said["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
        assert said["signed_by"] == fingerprint(tmp_path / "home" / "model_key.pub")

    def test_one_that_nobody_signed_is_written_and_that_is_said(self, command, serving, packed, tmp_path):
        serving(packed(None))
        result = command("export", "2.0.0", "--out", tmp_path / "mine.jinwi")
        assert (result.exit_code, (tmp_path / "mine.jinwi").exists()) == (0, True)
        assert "carries no signature" in result.stderr

    def test_what_came_damaged_is_not_kept(self, command, serving, packed, tmp_path):
        serving(packed()[:-1])
        assert command("export", "2.0.0", "--out", tmp_path / "mine.jinwi").exit_code == 1
        assert not list(tmp_path.glob("*mine*"))

    def test_a_file_is_never_overwritten(self, command, serving, packed, tmp_path):
        serving(packed())
        (tmp_path / "mine.jinwi").write_text("mine")
        assert command("export", "2.0.0", "--out", tmp_path / "mine.jinwi").exit_code == 2
        assert (tmp_path / "mine.jinwi").read_text() == "mine"

    def test_a_version_that_is_not_there_is_said(self, command, jinwi):
        result = command("export", "9.9.9")
        assert result.exit_code == 1
        assert result.stderr


class TestImport:
    def test_the_one_file_of_a_version_is_sent_as_it_is(self, command, packed, jinwi, tmp_path, home):
        (tmp_path / NAME).write_bytes(packed("own"))
        result = command("import", tmp_path / NAME)
        assert result.exit_code == 0, result.stderr
        assert sent(jinwi)[0].keys() == {"card.json", "model.onnx", "manifest.json", "model.sig"}
        assert fingerprint(home / "model_key.pub") in result.stderr

    def test_of_a_key_that_is_unknown_here_the_server_decides(self, command, packed, jinwi, tmp_path):
        (tmp_path / NAME).write_bytes(packed())
        result = command("import", tmp_path / NAME)
        assert (result.exit_code, len(sent(jinwi))) == (0, 1)
        assert "the server decides" in result.stderr

    def test_a_changed_one_is_not_sent(self, command, packed, jinwi, tmp_path):
        (tmp_path / NAME).write_bytes(packed(model_onnx=b"poison"))
        assert command("import", tmp_path / NAME).exit_code == 1
        assert sent(jinwi) == []

    def test_it_needs_no_card(self, command, packed, jinwi, tmp_path):
        (tmp_path / NAME).write_bytes(packed())
        assert command("import", tmp_path / NAME, "--card", tmp_path / "card.yaml").exit_code == 2
