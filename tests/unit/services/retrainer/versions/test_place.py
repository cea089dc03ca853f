import json
import shutil
from pathlib import Path

import pytest

from services.retrainer.versions.place import place, require_free, staging
from shared import scoring
from shared.errors import ConfigurationError, ModelRefused


@pytest.fixture
def staged(tmp_path):
    return Path(shutil.copytree(scoring.SHIPPED / "0.1.0", tmp_path / "0.1.0.staging"))


def test_a_complete_version_moves_to_its_place_whole(staged, tmp_path):
    assert place(staged, tmp_path) == tmp_path / "0.1.0"
    assert not staged.exists()
    assert json.loads((tmp_path / "0.1.0" / "card.json").read_text())["version"] == "0.1.0"


def test_an_existing_version_is_never_overwritten(staged, tmp_path):
    (tmp_path / "0.1.0").mkdir()
    with pytest.raises(ConfigurationError, match="never overwritten"):
        place(staged, tmp_path)
    assert staged.exists()
    assert not list((tmp_path / "0.1.0").iterdir())


def test_a_version_that_a_worker_would_refuse_is_not_published(staged, tmp_path):
    (staged / "metrics.json").write_text("{}")
    with pytest.raises(ModelRefused):
        place(staged, tmp_path)
    assert not (tmp_path / "0.1.0").exists()


def test_a_free_version_number_is_given_its_place(tmp_path):
    assert require_free(tmp_path, "0.2.0") == tmp_path / "0.2.0"


@pytest.mark.parametrize("version", ["", "1.0", "1.0.0-rc1", "01.0.0", "v1.0.0", "1.0.0\n", "../x", "/1.0.0"])
def test_what_is_no_version_number_has_no_place(tmp_path, version):
    with pytest.raises(ConfigurationError, match=r"must be MAJOR\.MINOR\.PATCH"):
        require_free(tmp_path, version)


def test_staging_begins_empty(tmp_path):
    (staging(tmp_path, "0.2.0") / "left over").touch()
    assert list(staging(tmp_path, "0.2.0").iterdir()) == []
