"""References known by the network's embedding: by the real network, in the real database, with pgvector and without."""

import hashlib
import io
import json

import numpy as np
import psycopg
import pytest
from PIL import Image, ImageOps
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row

from shared import scoring
from shared.domain.embedding import CLOSE, EmbeddingCode, EmbeddingSpace
from shared.domain.fingerprint import Fingerprint
from shared.domain.job import Lane, State
from shared.domain.tenant import Policy
from shared.storage import embeddings, images, jobs, references, tenants
from shared.storage.db import connection_string
from shared.storage.migrate import migrate
from shared.storage.references import Reference
from tests.integration.factories import get, make_tenant, submit_image
from tests.integration.test_fingerprints import rows, scene

SPACE = EmbeddingSpace(id=b"s" * 32, levels=np.arange(4096, dtype="<f4").tobytes(), size=4096)
OTHER = EmbeddingSpace(id=b"o" * 32, levels=np.arange(4096, dtype="<f4").tobytes(), size=4096)


def mirrored(data: bytes) -> bytes:
    file = io.BytesIO()
    ImageOps.mirror(Image.open(io.BytesIO(data))).save(file, "PNG")
    return file.getvalue()


def take_in(database, store, verifier, tenant, data, name="boat.png", index="catalogue"):
    job_id = submit_image(database, store, tenant, data, reference_index=index, external_id=name)
    verifier.drain([job_id])
    assert get(database, tenant, job_id).state is State.ERASED


def show(database, store, verifier, tenant, data, **options):
    job_id = submit_image(database, store, tenant, data, **options)
    verifier.drain([job_id])
    job = get(database, tenant, job_id)
    assert job.state is State.DONE
    return job


def near(database, job):
    """As the API asks."""
    with database.transaction() as connection:
        version = job.result["model"]["version"]
        code = embeddings.get(connection, job.tenant_id, job.sha256, version, job.lane)
        unlike = Fingerprint(pdq=hashlib.sha256(job.sha256).digest(), quality=90)
        return references.near(connection, job.tenant_id, job.sha256, unlike, code, limit=5)


@pytest.mark.parametrize("lane", list(Lane))
def test_a_mirrored_reference_is_found_by_its_embedding_from_either_lane(database, store, tenant, verifier, lane):
    take_in(database, store, verifier, tenant, scene())
    job = show(database, store, verifier, tenant, mirrored(scene()), lane=lane)
    found = near(database, job)
    [row] = found.rows
    assert (row["name"], row["near_by_hash"], row["same_file"]) == ("boat.png", False, False)
    assert 0 <= row["embedding_distance"] <= CLOSE
    assert (found.searched, found.held) == (1, 1)


@pytest.mark.parametrize("lane", list(Lane))
def test_the_very_same_picture_lies_at_no_distance(database, store, tenant, verifier, lane):
    take_in(database, store, verifier, tenant, scene())
    [row] = near(database, show(database, store, verifier, tenant, scene(), lane=lane)).rows
    assert (row["same_file"], row["embedding_distance"]) == (True, 0)


def test_images_of_tenants_without_references_leave_no_embedding(database, store, tenant, verifier):
    job = show(database, store, verifier, tenant, scene())
    assert rows(database, "image_embeddings") == 0
    take_in(database, store, verifier, tenant, scene(1))
    found = near(database, job)
    assert (found.searched, found.held) == (0, 1)
    again = show(database, store, verifier, tenant, scene())
    assert near(database, again).searched == 1


def test_a_tenants_references_are_compared_with_its_own_images_alone(database, store, tenant, verifier):
    other = make_tenant(database, "other")
    take_in(database, store, verifier, tenant, scene(), name="mine.png")
    take_in(database, store, verifier, other, scene(), name="theirs.png")
    for owner, name in ((tenant, "mine.png"), (other, "theirs.png")):
        found = near(database, show(database, store, verifier, owner, mirrored(scene())))
        assert ([row["name"] for row in found.rows], found.searched, found.held) == ([name], 1, 1)


def test_embeddings_go_with_their_image_and_with_their_index(database, store, tenant, verifier):
    take_in(database, store, verifier, tenant, scene())
    job = show(database, store, verifier, tenant, scene(1))
    assert (rows(database, "image_embeddings"), rows(database, "reference_embeddings")) == (1, 2)
    with database.transaction() as connection:
        jobs.erase(connection, tenant, job.id)
        assert references.remove(connection, tenant, "catalogue") == 1
    images.collect(database, store, limit=10)
    assert (rows(database, "image_embeddings"), rows(database, "reference_embeddings")) == (0, 0)


def test_references_of_another_network_are_not_searched_until_they_are_added_again(database, store, tenant, verifier):
    take_in(database, store, verifier, tenant, scene())
    with database.transaction() as connection:
        # As if the champion had been trained anew since.
        connection.execute(
            "INSERT INTO embedding_spaces (id, levels, size) SELECT sha256(id), levels, size FROM embedding_spaces"
        )
        connection.execute("UPDATE reference_embeddings SET space = sha256(space)")
        [held] = references.pictures(connection, tenant, "catalogue", version=None, after=b"", limit=5)
    job = show(database, store, verifier, tenant, scene())
    found = near(database, job)
    assert [row["embedding_distance"] for row in found.rows] == [None]
    assert (found.searched, found.held, held["current"]) == (0, 1, False)
    take_in(database, store, verifier, tenant, scene())
    with database.transaction() as connection:
        [held] = references.pictures(connection, tenant, "catalogue", version=None, after=b"", limit=5)
    found = near(database, job)
    assert [row["embedding_distance"] for row in found.rows] == [0]
    assert (found.searched, rows(database, "reference_embeddings"), held["current"]) == (1, 2, True)


def test_under_a_version_without_embeddings_references_are_known_by_hash_alone(
    database, store, tenant, verifier, shipped
):
    old = next(
        path.name for path in scoring.shipped() if "embedding" not in json.loads((path / "card.json").read_text())
    )
    with database.transaction() as connection:
        tenants.change_policy(connection, tenant, Policy(model=old))
    take_in(database, store, verifier, tenant, scene())
    with database.transaction() as connection:
        [under_old] = references.pictures(connection, tenant, "catalogue", version=old, after=b"", limit=5)
    assert (rows(database, "reference_embeddings"), under_old["current"]) == (0, True)


def test_levels_are_those_of_whoever_came_first(database, shipped):
    late = EmbeddingSpace(id=SPACE.id, levels=np.ones(4096, "<f4").tobytes(), size=4096)
    with database.transaction() as connection:
        assert embeddings.adopt(connection, shipped, {Lane.BULK: SPACE}) == {Lane.BULK: SPACE}
        assert embeddings.adopt(connection, shipped, {Lane.BULK: late}) == {Lane.BULK: SPACE}


@pytest.fixture
def empty(settings):
    """A new database, migrated, and a tenant in it; without pgvector's index where the server has no pgvector."""
    conninfo = connection_string(settings)
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("CREATE DATABASE searched")
    migrate(make_conninfo(conninfo, dbname="searched"))
    with psycopg.connect(
        make_conninfo(conninfo, dbname="searched"), autocommit=True, row_factory=dict_row
    ) as connection:
        yield connection
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("DROP DATABASE searched WITH (FORCE)")


def fill(connection, count, *, name):
    """A tenant with so many references of either space, whose codes lie as near and far as those of pictures."""
    row = connection.execute(
        "INSERT INTO tenants (name, webhook_secret) VALUES (%s, 'whsec_AAAA') RETURNING id", (name,)
    ).fetchone()
    chance = np.random.default_rng(count)
    themes = chance.random((20, 4096))
    held = []
    with connection.transaction():
        for space in (SPACE, OTHER):
            connection.execute(
                "INSERT INTO embedding_spaces (id, levels, size) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                (space.id, space.levels, space.size),
            )
        for number in range(count):
            bits = chance.random(4096) < themes[number % 20] ** 2
            code = np.packbits(bits).tobytes()
            held.append(
                Reference(
                    tenant_id=row["id"],
                    index="catalogue",
                    sha256=chance.bytes(32),
                    name=f"{number}.png",
                    fingerprint=Fingerprint(pdq=chance.bytes(32), quality=90),
                    embeddings=[EmbeddingCode(space=(SPACE, OTHER)[number % 5 == 0].id, code=code)],
                )
            )
        references.keep(connection, held)
    connection.execute("ANALYZE reference_embeddings")
    return row["id"], held


def search(connection, tenant, code, exactly_among):
    found = connection.execute(
        "SELECT * FROM nearest_references(%s, %s, ('x' || encode(%s::bytea, 'hex'))::bit(4096), 5, %s)",
        (tenant, code.space, code.code, exactly_among),
    )
    return [(row["distance"], row["sha256"]) for row in found]


def apart(one, other):
    return (int.from_bytes(one.code) ^ int.from_bytes(other.code)).bit_count()


def test_pgvectors_search_and_the_exact_one_agree(empty, say):
    if not empty.execute("SELECT adopt_pgvector() AS has").fetchone()["has"]:
        pytest.skip("the server of the tests has no pgvector")
    tenant, held = fill(empty, 600, name="mine")
    fill(empty, 600, name="theirs")
    wanted = [one.embeddings[0] for one in held if one.embeddings[0].space == SPACE.id][:40]
    same = total = 0
    for code in wanted:
        exact, led = (search(empty, tenant, code, among) for among in (1000, 10))
        true = sorted(
            (apart(code, one.embeddings[0]), one.sha256) for one in held if one.embeddings[0].space == SPACE.id
        )
        assert exact == true[:5]
        assert led[0] == exact[0]
        assert {sha256 for _, sha256 in led} <= {one.sha256 for one in held}
        same += len(set(led) & set(exact))
        total += 5
    say(f"pgvector's index found {same} of the {total} that the exact search found")
    assert same >= 0.95 * total


def test_pgvectors_index_is_used_for_many_references_and_leads_to_the_tenants_own(empty):
    if not empty.execute("SELECT adopt_pgvector() AS has").fetchone()["has"]:
        pytest.skip("the server of the tests has no pgvector")
    tenant, held = fill(empty, 30, name="mine")
    fill(empty, 900, name="theirs")
    before = scans(empty)
    found = search(empty, tenant, held[1].embeddings[0], 10)
    assert len(found) == 5
    assert {sha256 for _, sha256 in found} <= {one.sha256 for one in held}
    assert scans(empty) == before + 1
    search(empty, tenant, held[1].embeddings[0], 1000)
    assert scans(empty) == before + 1


def test_where_pgvectors_index_leads_to_too_few_all_are_compared(empty):
    if not empty.execute("SELECT adopt_pgvector() AS has").fetchone()["has"]:
        pytest.skip("the server of the tests has no pgvector")
    tenant, held = fill(empty, 30, name="mine")
    fill(empty, 900, name="theirs")
    exact = search(empty, tenant, held[1].embeddings[0], 1000)
    empty.execute("SET hnsw.max_scan_tuples = 1")
    before = scans(empty)
    # Far from all of the tenant's own, near to others'.
    far = EmbeddingCode(space=SPACE.id, code=bytes(512))
    assert search(empty, tenant, far, 10) == search(empty, tenant, far, 1000)
    assert search(empty, tenant, held[1].embeddings[0], 10) == exact
    assert scans(empty) > before


def scans(connection):
    connection.execute("SELECT pg_stat_force_next_flush()")
    row = connection.execute(
        "SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = 'reference_embeddings_near'"
    ).fetchone()
    return row["idx_scan"]


def test_a_server_without_pgvector_searches_exactly_and_takes_the_index_up_when_it_has_it(empty, settings):
    tenant, held = fill(empty, 50, name="mine")
    had = empty.execute("SELECT adopt_pgvector() AS has").fetchone()["has"]
    empty.execute("DROP EXTENSION IF EXISTS vector CASCADE")
    assert empty.execute("SELECT to_regclass('reference_embeddings_near') AS made").fetchone()["made"] is None
    code = held[1].embeddings[0]
    true = sorted((apart(code, one.embeddings[0]), one.sha256) for one in held if one.embeddings[0].space == SPACE.id)
    assert search(empty, tenant, code, 10) == true[:5]
    if had:
        migrate(make_conninfo(connection_string(settings), dbname="searched"))
        assert empty.execute("SELECT to_regclass('reference_embeddings_near') AS made").fetchone()["made"] is not None
