import io
import shutil
from pathlib import Path

import numpy as np
import pytest

from shared import scoring
from shared.domain.domains import Domain
from shared.domain.job import Lane
from shared.errors import ModelRefused
from shared.scoring.domains import DOMAINS, Domains
from shared.scoring.manifest import write_manifest
from shared.scoring.session import Model

SIZE = 4
SHIPPED = scoring.shipped()[-1]


def arrays(**changed):
    """Photographs lie along the first axis, paintings along the second."""
    made = {
        "names": np.array(["photograph", "painting"]),
        "centre": np.ones(SIZE, np.float32),
        "scale": np.full(SIZE, 2, np.float32),
        "bound": np.float32(5),
        "weight": np.eye(SIZE, 2, dtype=np.float32),
        "bias": np.zeros(2, np.float32),
        "least": np.array([0.6, 0.9], np.float32),
        "reach": np.full(SIZE, 1 / SIZE, np.float32),
        "farthest": np.float32(2),
        "record_lanes": np.array(["bulk"] * 3),
        "record_domains": np.array(["photograph", "photograph", "other"]),
        "record_owners": np.array([0, 1, 1], np.int32),
        "record_scores": np.array([0.9, 0.1, 0.2], np.float32),
        **changed,
    }
    return {name: value for name, value in made.items() if value is not None}


def content(**changed):
    file = io.BytesIO()
    np.savez(file, **arrays(**changed))
    return file.getvalue()


def vector(*deviations):
    """An embedding so many deviations from the centre."""
    return 1 + 2 * np.array(deviations, np.float32)


def test_a_picture_is_taken_for_the_likeliest_domain_with_its_record():
    seen = Domains.load(content(), SIZE).view(vector(3, 0, 0, 0), Lane.BULK, 0.8)
    assert seen.domain is Domain.PHOTOGRAPH
    assert seen.probability == pytest.approx(1 / (1 + np.exp(-3)), abs=1e-6)
    assert (seen.record.images, seen.record.called_ai) == (2, 1)
    assert seen.familiar


def test_each_domain_has_a_least_probability_below_which_it_is_other():
    domains = Domains.load(content(), SIZE)
    unsure = domains.view(vector(0, 2, 0, 0), Lane.BULK, 0.8)  # 0.88 painting
    assert unsure.domain is Domain.OTHER
    assert unsure.probability == pytest.approx(1 - 1 / (1 + np.exp(-2)), abs=1e-6)
    assert unsure.record.images == 1
    assert domains.view(vector(2, 0, 0, 0), Lane.BULK, 0.8).domain is Domain.PHOTOGRAPH


def test_a_record_is_that_of_the_lane_and_the_threshold():
    domains = Domains.load(content(), SIZE)
    assert domains.view(vector(3, 0, 0, 0), Lane.INTERACTIVE, 0.8).record.images == 0
    assert domains.view(vector(3, 0, 0, 0), Lane.BULK, 0.05).record.called_ai == 2


def test_far_from_what_was_measured_a_picture_is_unfamiliar():
    domains = Domains.load(content(), SIZE)
    assert domains.view(vector(2, 2, 2, 1.99), Lane.BULK, 0.8).familiar
    assert not domains.view(vector(2, 2, 2, 2.1), Lane.BULK, 0.8).familiar


def test_no_number_counts_for_more_than_the_bound():
    domains = Domains.load(content(farthest=np.float32(2.6)), SIZE)
    assert domains.view(vector(1e6, 0, 0, 0), Lane.BULK, 0.8).familiar  # 5 deviations in one of four numbers: 2.5
    assert domains.view(vector(1e6, 0, 0, 0), Lane.BULK, 0.8).probability < 1


@pytest.mark.parametrize("name", sorted(arrays()))
def test_a_file_that_lacks_something_is_refused_by_its_name(name):
    with pytest.raises(ModelRefused, match=name):
        Domains.load(content(**{name: None}))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"weight": np.eye(SIZE, 3, dtype=np.float32)}, "weight is float32"),
        ({"centre": np.ones(SIZE)}, "centre is float64"),
        ({"least": np.array([0.6, np.nan], np.float32)}, "least holds what is no number"),
        ({"names": np.array(["photograph", "hologram"])}, "hologram"),
        ({"scale": np.zeros(SIZE, np.float32)}, "scale"),
        ({"reach": np.array([-1, 2, 0, 0], np.float32)}, "reach"),
        ({"record_scores": np.array([2, 0, 0], np.float32)}, "scores"),
        ({"record_owners": np.array([1], np.int32)}, "owners"),
        ({"names": np.array([{"a": 1}, 2], object)}, "Object arrays"),
    ],
)
def test_a_file_with_something_wrong_in_it_is_refused(changed, message):
    with pytest.raises(ModelRefused, match=message):
        Domains.load(content(**changed))


@pytest.mark.parametrize("junk", [b"", b"no archive", content()[:400]])
def test_what_is_no_archive_is_refused(junk):
    with pytest.raises(ModelRefused, match=DOMAINS):
        Domains.load(junk)


def test_embeddings_of_another_size_are_refused():
    with pytest.raises(ModelRefused, match="embeddings of 4 numbers, not 760"):
        Domains.load(content(), 760)


def test_a_version_may_have_none_and_a_wrong_one_is_refused(tmp_path):
    version = Path(shutil.copytree(SHIPPED, tmp_path / "version"))
    (version / DOMAINS).unlink()
    write_manifest(version)
    assert Model.load(version, provider="cpu", threads=1).domains is None
    (version / DOMAINS).write_bytes(content())
    write_manifest(version)
    with pytest.raises(ModelRefused, match="embeddings of 4 numbers"):
        Model.load(version, provider="cpu", threads=1)


def test_the_shipped_version_tells_domains():
    domains = Model.load(SHIPPED, provider="cpu", threads=1).domains
    with np.load(SHIPPED / "golden.npz") as golden:
        seen = [domains.view(each, Lane.BULK, 0.8) for each in golden["embedding"]]
    assert all(0 <= each.probability <= 1 and each.record.images > 0 for each in seen)
