"""`jinwi up` and `jinwi down`."""

import contextlib
import functools
import os
import shlex
import signal
import time
from typing import NoReturn

from deploy.local import first_job
from deploy.local.daemon import WhenReady, in_background
from deploy.local.home import AlreadyRunning, Home
from deploy.local.servers import is_free
from deploy.local.stack import api_address, can_train, make_stack
from deploy.local.supervisor import Supervisor
from jinwi.terminal import Terminal
from jinwi.texts.language import Language
from shared import config
from shared.config import Settings
from shared.errors import ConfigurationError

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

AFTER_DRAIN_SECONDS = 10
"""For the last job of a batch, once the batch begins no further one."""

DOWN_SECONDS = 90


def up(terminal: Terminal, *, detach: bool) -> int:
    """Serve until Ctrl-C; detached, come back when the system is ready. The exit code."""
    serve = functools.partial(_serve, terminal, detached=detach)
    try:
        return in_background(serve) if detach else serve(lambda _: None)
    except AlreadyRunning as exc:
        terminal.note(_already(terminal.language, exc))
        return 0 if detach and exc.url else 1


def down(terminal: Terminal) -> int:
    """Stop what `up` started on this home, and come back when it has ended."""
    home = _home(config.load())
    try:
        home.check_free()
    except AlreadyRunning as exc:
        os.kill(exc.pid, signal.SIGTERM)
        return _await_end(terminal, home)
    terminal.say(terminal.language.nothing_runs.format(home=home.root))
    return 0


def _serve(terminal: Terminal, when_ready: WhenReady, *, detached: bool) -> int:
    language = terminal.language
    settings = config.load()
    home = _home(settings)
    for name in config.unknown_variables():
        terminal.note(language.unknown_setting.format(name=name))
    with home.locked():
        _check_port(language, settings)
        stack = make_stack(settings, home)
        supervisor = Supervisor(stack, terminal.say, stop_seconds=settings.drain_seconds + AFTER_DRAIN_SECONDS)
        for number in STOP_SIGNALS:
            signal.signal(number, _interrupt)
        try:
            _start(terminal, supervisor, settings, home)
            terminal.say(_way_to_stop(language, settings, home, detached=detached))
            when_ready(home.log("supervisor"))
            with contextlib.suppress(KeyboardInterrupt):
                supervisor.watch()
            terminal.say(language.stopping)
        finally:
            supervisor.stop()
    terminal.say(language.stopped.format(home=home.root))
    return 0


def _start(terminal: Terminal, supervisor: Supervisor, settings: Settings, home: Home) -> None:
    language = terminal.language
    terminal.say(language.starting.format(home=home.root))
    supervisor.start()
    url = "http://{}:{}".format(*api_address(settings))
    earlier = first_job.stored_jobs(url)
    key = home.key.read_text("ascii").strip()
    job = first_job.verify_photograph(url, key, check=supervisor.check, logs=home.logs)
    first_job.show(terminal, job)
    home.tell_url(url)
    terminal.say("")
    terminal.say(language.runs_at.format(url=url))
    terminal.say(language.key_at.format(path=home.key))
    terminal.say(language.earlier_jobs.format(count=earlier))
    if not can_train():
        terminal.say(language.no_retrainer)


def _way_to_stop(language: Language, settings: Settings, home: Home, *, detached: bool) -> str:
    is_default = settings.home == Settings.model_fields["home"].default
    command = "jinwi down" if is_default else f"JINWI_HOME={shlex.quote(str(home.root))} jinwi down"
    text = language.stop_detached_with if detached else language.stop_with
    return text.format(command=command)


def _already(language: Language, exc: AlreadyRunning) -> str:
    text = language.already_running if exc.url else language.already_starting
    return text.format(url=exc.url, pid=exc.pid)


def _interrupt(*_: object) -> NoReturn:
    """Stop once: `timeout` and some shells send the same signal twice."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _home(settings: Settings) -> Home:
    return Home(settings.home.expanduser().resolve())


def _check_port(language: Language, settings: Settings) -> None:
    host, port = settings.host, settings.port
    try:
        if is_free(host, port):
            return
        other = next((candidate for candidate in range(port + 1, 65_536) if is_free(host, candidate)), "…")
    except OSError as exc:
        text = language.cannot_listen.format(host=host, port=port, reason=exc.strerror)
        raise ConfigurationError(text) from exc
    raise ConfigurationError(language.port_in_use.format(port=port, other=other))


def _await_end(terminal: Terminal, home: Home) -> int:
    deadline = time.monotonic() + DOWN_SECONDS
    while time.monotonic() < deadline:
        try:
            home.check_free()
        except AlreadyRunning:
            time.sleep(0.1)
        else:
            terminal.say(terminal.language.stopped.format(home=home.root))
            return 0
    terminal.note(terminal.language.still_stopping.format(seconds=DOWN_SECONDS, log=home.log("supervisor")))
    return 1
