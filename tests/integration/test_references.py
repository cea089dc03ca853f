"""Reference indexes: of a picture that goes in, the hash is kept, and neither picture nor job."""

import hashlib

from shared.domain.job import State
from shared.imaging.decode import decode
from shared.imaging.pdq import pdq
from shared.storage import images, references
from tests.integration.api.test_similar import LIMITS, reencoded
from tests.integration.factories import add_endpoint, get, make_tenant, picture, submit_image
from tests.integration.sending import deliveries
from tests.integration.test_fingerprints import hash_of, rows, scene


def take_in(database, store, verifier, tenant, *files, index="catalogue", names=()):
    names = names or [f"{number}.png" for number in range(len(files))]
    ids = [
        submit_image(database, store, tenant, data, reference_index=index, external_id=name)
        for data, name in zip(files, names, strict=True)
    ]
    verifier.drain([])
    return ids


def near(database, tenant, data):
    with database.transaction() as connection:
        found = pdq(decode(data, LIMITS).image)
        held = references.near(connection, tenant, hashlib.sha256(data).digest(), found, limit=5)
    return [(row["index"], row["name"], row["same_file"]) for row in held.rows]


def indexes(database, tenant):
    with database.transaction() as connection:
        return {row["name"]: row["pictures"] for row in references.indexes(connection, tenant)}


def test_a_reference_is_known_again_in_another_form(database, store, tenant, verifier):
    take_in(database, store, verifier, tenant, scene(), scene(1), names=["boat.png", "tree.png"])
    assert near(database, tenant, reencoded(scene())) == [("catalogue", "boat.png", False)]
    assert near(database, tenant, scene(1)) == [("catalogue", "tree.png", True)]
    assert near(database, tenant, scene(2)) == []


def test_neither_picture_nor_job_nor_webhook_is_left(database, store, tenant, verifier):
    add_endpoint(database, tenant, "https://example.com/hook")
    [job_id] = take_in(database, store, verifier, tenant, scene())
    job = get(database, tenant, job_id)
    assert (job.state, job.result, job.external_id, job.sha256) == (State.ERASED, None, None, None)
    assert deliveries(database) == []
    assert rows(database, "sightings") == 0
    images.collect(database, store, limit=10)
    assert hash_of(database, tenant, scene()) is None
    assert not store.has_image(tenant, hashlib.sha256(scene()).digest())
    assert indexes(database, tenant) == {"catalogue": 1}


def test_a_picture_that_jobs_show_too_stays_theirs(database, store, tenant, verifier):
    shown = submit_image(database, store, tenant, scene())
    take_in(database, store, verifier, tenant, scene())
    images.collect(database, store, limit=10)
    assert get(database, tenant, shown).state is State.DONE
    assert hash_of(database, tenant, scene()) is not None
    assert rows(database, "sightings") == 1


def test_what_cannot_be_read_fails_and_is_in_no_index(database, store, tenant, verifier):
    [job_id] = take_in(database, store, verifier, tenant, scene()[:300])
    assert get(database, tenant, job_id).state is State.FAILED
    assert indexes(database, tenant) == {}


def test_a_picture_is_once_in_an_index_and_by_its_newest_name(database, store, tenant, verifier):
    take_in(database, store, verifier, tenant, scene(), scene(), names=["old.png", "new.png"])
    take_in(database, store, verifier, tenant, scene(), index="other", names=["third.png"])
    assert indexes(database, tenant) == {"catalogue": 1, "other": 1}
    assert near(database, tenant, scene()) == [("catalogue", "new.png", True), ("other", "third.png", True)]


def test_flat_references_are_near_to_their_own_file_alone(database, store, tenant, verifier):
    take_in(database, store, verifier, tenant, picture((1, 1, 1)), picture((2, 2, 2)))
    assert near(database, tenant, picture((1, 1, 1))) == [("catalogue", "0.png", True)]
    assert near(database, tenant, picture((3, 3, 3))) == []


def test_an_index_is_its_tenants_alone_and_can_be_forgotten(database, store, tenant, verifier):
    other = make_tenant(database, "other")
    take_in(database, store, verifier, tenant, scene())
    take_in(database, store, verifier, other, scene(), names=["theirs.png"])
    assert near(database, other, scene()) == [("catalogue", "theirs.png", True)]
    with database.transaction() as connection:
        assert references.remove(connection, tenant, "catalogue") == 1
        assert references.remove(connection, tenant, "catalogue") == 0
    assert (indexes(database, tenant), indexes(database, other)) == ({}, {"catalogue": 1})
