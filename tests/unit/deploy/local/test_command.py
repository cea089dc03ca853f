"""What `jinwi up` and `jinwi down` say before and without a stack."""

import io
import socket

import pytest
from rich.console import Console

from deploy.local import command
from deploy.local.home import Home
from jinwi.terminal import Terminal
from jinwi.texts.english import ENGLISH
from jinwi.texts.korean import KOREAN
from shared.config import Settings


@pytest.fixture
def screen():
    return io.StringIO()


def terminal(screen, language=ENGLISH):
    console = Console(file=screen, width=200, markup=False)
    return Terminal(language=language, out=console, err=console)


@pytest.mark.parametrize(
    ("detached", "home", "said"),
    [
        (False, None, "Stop it with Ctrl-C or `jinwi down`."),
        (True, None, "Stop it with `jinwi down`."),
        (True, "my home", "Stop it with `JINWI_HOME='{home}' jinwi down`."),
    ],
)
def test_the_way_to_stop_is_one_that_works(tmp_path, monkeypatch, detached, home, said):
    monkeypatch.chdir(tmp_path)
    if home:
        monkeypatch.setenv("JINWI_HOME", str(tmp_path / home))
    else:
        monkeypatch.delenv("JINWI_HOME", raising=False)
    settings = Settings()
    folder = Home(settings.home.resolve())
    text = command._way_to_stop(ENGLISH, settings, folder, detached=detached)
    assert text == said.format(home=folder.root)


def test_down_without_a_system_says_so_in_the_readers_language(tmp_path, monkeypatch, screen):
    monkeypatch.setenv("JINWI_HOME", str(tmp_path))
    assert command.down(terminal(screen, KOREAN)) == 0
    assert screen.getvalue() == f"{tmp_path} 에서 실행 중인 것이 없습니다.\n"


@pytest.mark.parametrize(("language", "said"), [(ENGLISH, "already starting"), (KOREAN, "이미 시작하는 중")])
def test_a_second_up_says_that_there_is_one_in_the_readers_language(tmp_path, monkeypatch, screen, language, said):
    monkeypatch.setenv("JINWI_HOME", str(tmp_path))
    with Home(tmp_path).locked():
        assert command.up(terminal(screen, language), detach=False) == 1
    assert said in screen.getvalue()


def test_a_port_in_use_is_said_in_the_readers_language(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setenv("JINWI_PORT", str(taken.getsockname()[1]))
        with pytest.raises(command.ConfigurationError, match="다른 프로그램이 쓰고 있습니다"):
            command._check_port(KOREAN, Settings())
