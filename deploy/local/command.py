"""`jinwi up` and `jinwi down`."""

import contextlib
import functools
import os
import signal
import time
from typing import NoReturn

from deploy.local import first_job
from deploy.local.daemon import WhenReady, in_background
from deploy.local.home import AlreadyRunning, Home
from deploy.local.servers import is_free
from deploy.local.stack import api_address, make_stack
from deploy.local.supervisor import Supervisor
from jinwi.terminal import Terminal
from shared import config
from shared.config import Settings
from shared.errors import ConfigurationError

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

AFTER_DRAIN_SECONDS = 10
"""For the last job of a batch, once the batch begins no further one."""

DOWN_SECONDS = 90


def up(terminal: Terminal, *, detach: bool) -> int:
    """Serve until Ctrl-C; detached, come back when the system is ready. The exit code."""
    serve = functools.partial(_serve, terminal)
    try:
        return in_background(serve) if detach else serve(lambda _: None)
    except AlreadyRunning as exc:
        terminal.note(str(exc))
        return 0 if detach and exc.url else 1


def down(terminal: Terminal) -> int:
    """Stop what `up` started on this home, and come back when it has ended."""
    home = _home(config.load())
    try:
        home.check_free()
    except AlreadyRunning as exc:
        os.kill(exc.pid, signal.SIGTERM)
        return _await_end(terminal, home)
    terminal.say(f"Nothing runs on {home.root}.")
    return 0


def _serve(terminal: Terminal, when_ready: WhenReady) -> int:
    settings = config.load()
    home = _home(settings)
    for name in config.unknown_variables():
        terminal.note(f"{name} is set, but there is no such setting.")
    with home.locked():
        _check_port(settings)
        stack = make_stack(settings, home)
        supervisor = Supervisor(stack, terminal.say, stop_seconds=settings.drain_seconds + AFTER_DRAIN_SECONDS)
        for number in STOP_SIGNALS:
            signal.signal(number, _interrupt)
        try:
            _start(terminal, supervisor, settings, home)
            when_ready(home.log("supervisor"))
            with contextlib.suppress(KeyboardInterrupt):
                supervisor.watch()
            terminal.say("Stopping.")
        finally:
            supervisor.stop()
    terminal.say(f"Stopped. The data stay in {home.root}.")
    return 0


def _start(terminal: Terminal, supervisor: Supervisor, settings: Settings, home: Home) -> None:
    terminal.say(f"Starting Jinwi in {home.root}")
    supervisor.start()
    url = "http://{}:{}".format(*api_address(settings))
    earlier = first_job.stored_jobs(url)
    key = home.key.read_text("ascii").strip()
    job = first_job.verify_photograph(url, key, check=supervisor.check, logs=home.logs)
    first_job.show(terminal, job)
    home.tell_url(url)
    terminal.say("")
    terminal.say(f"Jinwi runs at {url}")
    terminal.say(f"API key: {home.key}")
    terminal.say(f"Jobs from before: {earlier}")
    terminal.say("Stop it with Ctrl-C or `jinwi down`.")


def _interrupt(*_: object) -> NoReturn:
    """Stop once: `timeout` and some shells send the same signal twice."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _home(settings: Settings) -> Home:
    return Home(settings.home.expanduser().resolve())


def _check_port(settings: Settings) -> None:
    host, port = settings.host, settings.port
    try:
        if is_free(host, port):
            return
        other = next((candidate for candidate in range(port + 1, 65_536) if is_free(host, candidate)), "…")
    except OSError as exc:
        raise ConfigurationError(
            f"Cannot listen on {host}:{port}: {exc.strerror}. Set JINWI_PORT or JINWI_HOST."
        ) from exc
    raise ConfigurationError(f"Port {port} is in use by another program. Choose another: JINWI_PORT={other} make up")


def _await_end(terminal: Terminal, home: Home) -> int:
    deadline = time.monotonic() + DOWN_SECONDS
    while time.monotonic() < deadline:
        try:
            home.check_free()
        except AlreadyRunning:
            time.sleep(0.1)
        else:
            terminal.say(f"Stopped. The data stay in {home.root}.")
            return 0
    terminal.note(f"It still stops after {DOWN_SECONDS} s; see {home.log('supervisor')}.")
    return 1
