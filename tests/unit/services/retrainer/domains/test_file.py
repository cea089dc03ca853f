import numpy as np
import pytest

from services.retrainer.domains.file import DomainFile, taken_for
from shared.domain.job import Lane
from shared.errors import ModelRefused
from shared.scoring.domains import DOMAINS, Domains
from shared.scoring.manifest import write_manifest
from tests.unit.services.retrainer.domains.made import SIZE, made_file


@pytest.fixture
def directory(tmp_path):
    (tmp_path / DOMAINS).write_bytes(made_file().content())
    write_manifest(tmp_path)
    return tmp_path


def test_what_is_written_is_what_serves_and_what_a_retraining_reads(directory):
    made, back = made_file(), DomainFile.of_version(directory)
    assert back.pictures.tolist() == ["a", "b"]
    assert back.judged.said.tolist() == made.judged.said.tolist()
    assert back.content() == made.content()
    vector = np.eye(SIZE, dtype=np.float32)[0] * 5
    served = Domains.load((directory / DOMAINS).read_bytes(), SIZE)
    assert served.view(vector, Lane.BULK, 0.8) == made.domains.view(vector, Lane.BULK, 0.8)


def test_rows_are_taken_for_what_serving_takes_them_for():
    domains = made_file().domains
    vectors = np.random.default_rng(0).normal(0, 2, (200, SIZE)).astype(np.float32)
    served = [domains.view(vector, Lane.BULK, 0.8).domain.value for vector in vectors]
    assert taken_for(domains, vectors).tolist() == served
    assert {"photograph", "portrait", "other"} == set(served)


def test_a_version_without_the_file_has_none(tmp_path):
    write_manifest(tmp_path)
    assert DomainFile.of_version(tmp_path) is None


@pytest.mark.parametrize("name", ["record_pictures", "judged_said"])
def test_a_file_that_serves_and_cannot_be_gone_on_from_is_refused(directory, name):
    with np.load(directory / DOMAINS) as file:
        kept = {key: value for key, value in file.items() if key != name}
    np.savez(directory / DOMAINS, **kept)
    write_manifest(directory)
    with pytest.raises(ModelRefused, match=name):
        DomainFile.of_version(directory)


def test_pictures_must_be_those_of_the_records(tmp_path):
    (tmp_path / DOMAINS).write_bytes(made_file(pictures=("a", "b", "c")).content())
    write_manifest(tmp_path)
    with pytest.raises(ModelRefused, match="each record"):
        DomainFile.of_version(tmp_path)
