import pytest

from deploy import reference
from shared import config


@pytest.mark.parametrize("file", reference.FILES, ids=lambda file: file.name)
def test_the_files_are_in_step_with_the_settings(file):
    assert file.read_text(encoding="utf-8") == reference.FILES[file](), "run `make reference`"


def test_every_variable_that_anything_reads_is_there_with_a_line():
    settings = {setting.name: setting.meaning for setting in reference.settings()}
    assert set(settings) == {config.variable(name) for name in config.Settings.model_fields} | config.CLIENT_VARIABLES
    assert all(meaning.endswith(".") for meaning in settings.values())


def test_the_defaults_it_shows_are_the_defaults(monkeypatch):
    for name, default, _ in reference.settings():
        if default:
            monkeypatch.setenv(name, default)
    assert config.load() == config.Settings.model_construct()
