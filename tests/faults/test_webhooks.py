"""The sender dies at the wrong moment, and receivers do all that receivers do; neighbours never wait for them."""

import ssl
import subprocess

import pytest

from tests.faults.invariant import untold
from tests.faults.receiver import answer, receive
from tests.faults.system import kill, wait_for


def hold(handler, post):
    """Takes the webhook and never answers."""
    handler.server_made.closing.wait(30)


def drip(handler, post):
    """A byte of the status line now and then."""
    for byte in b"HTTP/1.1 200 OK\r\n" * 20:
        handler.wfile.write(bytes([byte]))
        handler.wfile.flush()
        if handler.server_made.closing.wait(0.3):
            return


def redirect(handler, post):
    answer(handler, 302, {"Location": "/elsewhere"})


def flood(handler, post):
    """200 and a body of 200 MB, or as much of it as somebody reads."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(200 << 20))
    handler.end_headers()
    for _ in range(200):
        handler.wfile.write(bytes(1 << 20))


def fail(handler, post):
    answer(handler, 500, body=b"sorry")


def hang_up(handler, post):
    handler.connection.close()


def gone(handler, post):
    answer(handler, 410)


def tries(receiver):
    """How often each webhook came."""
    counted = {}
    for post in receiver.log:
        counted[post.webhook_id] = counted.get(post.webhook_id, 0) + 1
    return sorted(counted.values())


def test_the_sender_killed_between_the_post_and_its_commit(trial, system):
    trial.receiver.behaviour = hold
    with trial.fault():
        trial.load.submit(8)
        wait_for(lambda: len(trial.receiver.log) >= 4)
        kill(system.services["sender"])
        trial.receiver.behaviour = None
        system.services["sender"].start()
    trial.settle()
    assert tries(trial.receiver)[-4:] == [2, 2, 2, 2]


MISBEHAVIOURS = {"redirects": redirect, "floods": flood}
LONG_MISBEHAVIOURS = {"holds": hold, "drips": drip, "fails": fail, "hangs up": hang_up, "is gone": gone}


@pytest.mark.parametrize(
    "kind", [*MISBEHAVIOURS, *(pytest.param(kind, marks=pytest.mark.long) for kind in LONG_MISBEHAVIOURS)]
)
def test_a_receiver_that(trial, new_trial, kind):
    trial.receiver.behaviour = (MISBEHAVIOURS | LONG_MISBEHAVIOURS)[kind]
    with receive() as other:
        neighbour = new_trial(other, name=f"a neighbour of a receiver that {kind}")
        with trial.fault():
            trial.load.submit(12)
            wait_for(lambda: trial.receiver.log)
        neighbour.load.submit(12)
        neighbour.settle()
        if kind in {"holds", "drips"}:
            assert untold(trial.system, trial.tenant_id)
    trial.settle()
    assert {post.path for post in trial.receiver.log} == {"/hook"}


@pytest.mark.long
def test_a_receiver_whose_name_nobody_knows(new_trial, receiver):
    trial = new_trial(receiver, callback_url="https://receiver.invalid/hook")
    with trial.fault():
        trial.load.submit(8)
    trial.settle(unreachable=True)


@pytest.mark.long
def test_a_receiver_whose_certificate_nobody_signed(new_trial, tmp_path, program):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [
            program("openssl"),
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "1",
            "-subj",
            "/CN=127.0.0.1",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
            "-keyout",
            key,
            "-out",
            certificate,
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with receive(context) as receiver:
        trial = new_trial(receiver)
        with trial.fault():
            trial.load.submit(8, links=False)
        trial.settle(unreachable=True)
        assert not receiver.log
