"""Other jobs of a tenant that show the same picture, through the API."""

import hashlib
import io

import pytest
from PIL import Image

from shared import scoring
from shared.domain.embedding import EmbeddingCode, EmbeddingSpace
from shared.domain.fingerprint import NEAR, Fingerprint, distance
from shared.domain.job import Lane, Outcome, State
from shared.domain.tenant import Scope
from shared.imaging.decode import decode
from shared.imaging.limits import Limits
from shared.imaging.pdq import pdq
from shared.storage import embeddings, fingerprints, references
from shared.storage.embeddings import Embedded
from shared.storage.fingerprints import Sighting
from shared.storage.references import Reference
from tests.integration.factories import RESULT, claim, finish, make_tenant, picture
from tests.integration.test_fingerprints import scene

VERSION = scoring.shipped()[-1].name

LIMITS = Limits(max_pixels=1_000_000, max_side=4000)


def reencoded(data: bytes, scale: float = 0.5) -> bytes:
    image, file = Image.open(io.BytesIO(data)), io.BytesIO()
    image.resize((round(image.width * scale), round(image.height * scale))).save(file, "JPEG", quality=60)
    return file.getvalue()


@pytest.fixture
def score(database):
    """Finish what waits as a worker does, with the hash of each picture."""

    def finish_all(*files: bytes) -> None:
        hashes = {hashlib.sha256(data).digest(): pdq(decode(data, LIMITS).image) for data in files}
        for held in claim(database, limit=100):
            result = RESULT | {"model": {"version": VERSION, "sha256": "00"}}
            finish(database, Outcome(job_id=held.id, fence=held.fence, state=State.DONE, result=result))
            seen = Sighting(
                tenant_id=held.tenant_id, sha256=held.sha256, job_id=held.id, fingerprint=hashes[held.sha256]
            )
            with database.transaction() as connection:
                fingerprints.keep(connection, [seen])

    return finish_all


def similar(client, job) -> dict:
    answer = client.get(f"{job['links']['self']}/similar")
    assert answer.status_code == 200, answer.text
    return answer.json()


def ids(answer) -> list[str]:
    return [twin["job_id"] for twin in answer["jobs"]]


def review(client, job, label="human"):
    said = {"label": label, "reason": "The painter sent her sketches.", "reviewer": "editor-7"}
    assert client.post(job["links"]["review"], json=said).status_code == 201


def test_a_picture_is_found_again_in_another_form_and_no_other_picture_is(client, score):
    first = client.upload(scene(), external_id="post-1").json()
    client.upload(scene(1))
    again = client.upload(reencoded(scene())).json()
    score(scene(), scene(1), reencoded(scene()))
    answer = similar(client, again)
    [twin] = answer["jobs"]
    apart = distance(pdq(decode(scene(), LIMITS).image).pdq, bytes.fromhex(answer["pdq"]))
    assert (twin["job_id"], twin["external_id"], twin["distance"]) == (first["id"], "post-1", apart)
    assert (twin["verdict"], twin["ai_probability"], twin["same_file"], twin["review"]) == (
        "uncertain",
        0.51,
        False,
        None,
    )
    assert apart <= NEAR == answer["within"]
    assert answer["sure"] is True
    assert ids(similar(client, first)) == [again["id"]]


def test_a_reviewed_twin_is_shown_first_however_near_and_many_the_others_are(client, score):
    far = reencoded(scene(), 0.7)
    reviewed = client.upload(far).json()
    jobs = [client.upload(scene()).json() for _ in range(30)]
    score(scene(), far)
    review(client, reviewed, "ai")
    review(client, reviewed, "human")
    answer = similar(client, jobs[-1])
    assert ids(answer) == [reviewed["id"], *(job["id"] for job in jobs[-2:-21:-1])]
    assert answer["jobs"][0]["review"]["label"] == "human"
    assert answer["jobs"][0]["review"]["reason"] == "The painter sent her sketches."
    assert [twin["same_file"] for twin in answer["jobs"][:2]] == [False, True]


def test_an_old_review_of_the_same_file_is_not_lost_among_the_newer_jobs(client, score):
    reviewed = client.upload(scene()).json()
    review(client, reviewed)  # before it has a result, too
    jobs = [client.upload(scene()).json() for _ in range(30)]
    score(scene())
    assert ids(similar(client, jobs[-1]))[0] == reviewed["id"]


def test_flat_pictures_share_a_hash_and_are_not_similar(client, score):
    flat = [picture((shade, shade, shade), blank=True) for shade in (10, 100, 200)]
    jobs = [client.upload(data).json() for data in (*flat, flat[0])]
    score(*flat)
    answer = similar(client, jobs[0])
    assert (answer["quality"], answer["sure"]) == (0, False)
    assert ids(answer) == [jobs[3]["id"]]
    assert "too little" in answer["note"]


def test_a_flat_picture_is_not_found_by_one_with_much_in_it(client, score, database):
    job, flat = client.upload(scene()).json(), client.upload(picture(blank=True)).json()
    score(scene(), picture(blank=True))
    with database.transaction() as connection:
        # As near as can be, and of too little quality all the same.
        connection.execute("UPDATE perceptual_hashes SET pdq = (SELECT pdq FROM perceptual_hashes WHERE quality > 50)")
    assert ids(similar(client, job)) == []
    assert ids(similar(client, flat)) == []


def test_another_tenants_twin_is_not_shown(client, connect, new_key, database, score):
    other = connect(new_key(tenant_id=make_tenant(database, "other")))
    mine, theirs = client.upload(scene()).json(), other.upload(scene()).json()
    score(scene())
    assert ids(similar(client, mine)) == ids(similar(other, theirs)) == []
    assert client.get(f"{theirs['links']['self']}/similar").status_code == 404


def test_an_erased_twin_is_shown_no_more(client, score):
    jobs = [client.upload(data).json() for data in (scene(), reencoded(scene()))]
    score(scene(), reencoded(scene()))
    client.delete(jobs[0]["links"]["self"])
    assert ids(similar(client, jobs[1])) == []
    refused = client.get(f"{jobs[0]['links']['self']}/similar")
    assert (refused.status_code, "is erased" in refused.json()["detail"]) == (404, True)


def test_why_there_is_nothing_to_compare_is_said(client, database):
    job = client.upload(scene()).json()
    path = f"{job['links']['self']}/similar"
    assert "is queued: what is similar" in client.get(path).json()["detail"]
    [held] = claim(database)
    finish(database, Outcome(job_id=held.id, fence=held.fence, state=State.DONE, result=RESULT))
    assert "before perceptual hashes were kept" in client.get(path).json()["detail"]


def test_near_references_are_named_with_the_sentence_that_they_prove_nothing(client, database, tenant, score):
    fingerprint = pdq(decode(scene(), LIMITS).image)
    held = Reference(tenant_id=tenant, index="works/1998", sha256=bytes(32), name="boat.tif", fingerprint=fingerprint)
    with database.transaction() as connection:
        references.keep(connection, [held])
    job = client.upload(scene()).json()
    score(scene())
    answer = similar(client, job)
    [found] = answer["references"]
    assert (found["index"], found["name"], found["distance"], found["same_file"]) == (
        "works/1998",
        "boat.tif",
        0,
        False,
    )
    assert (found["near_by_hash"], found["embedding_distance"], found["embedding_likeness"]) == (True, None, None)
    assert "no proof that a model was trained" in answer["references_note"]
    assert (answer["references_searched"], answer["references_unsearched"]) == (0, 1)
    assert "1 of 1 references were not compared" in answer["references_note"]
    [index] = client.get("/v1/reference-indexes").json()["indexes"]
    assert (index["name"], index["pictures"]) == ("works/1998", 1)
    assert client.delete("/v1/reference-indexes/works%2F1998").json() == {"name": "works/1998", "pictures": 1}
    assert client.delete("/v1/reference-indexes/works%2F1998").status_code == 404
    assert similar(client, job)["references"] == []


def test_references_near_by_embedding_stand_behind_those_near_by_hash_with_a_word_for_how_near(
    client, database, tenant, score, shipped
):
    """The job's code is all zeros; those of the references differ from it in so many of the 1,000 bits that count."""
    space = EmbeddingSpace(id=bytes(32), levels=bytes(4 * 1000), size=1000)
    fingerprint, unlike = pdq(decode(scene(), LIMITS).image), Fingerprint(pdq=bytes(32), quality=90)
    apart = {"far-but-same-hash.tif": 300, "loose.tif": 120, "close.tif": 60, "beyond.tif": 121}
    held = [
        Reference(
            tenant_id=tenant,
            index="works",
            sha256=hashlib.sha256(name.encode()).digest(),
            name=name,
            fingerprint=fingerprint if "hash" in name else unlike,
            embeddings=[EmbeddingCode(space=space.id, code=((1 << bits) - 1).to_bytes(512))],
        )
        for name, bits in apart.items()
    ]
    job = client.upload(scene()).json()
    with database.transaction() as connection:
        embeddings.adopt(connection, VERSION, {Lane.INTERACTIVE: space})
        references.keep(connection, held)
    score(scene())
    sha256 = hashlib.sha256(scene()).digest()
    code = EmbeddingCode(space=space.id, code=bytes(512))
    with database.transaction() as connection:
        embeddings.keep(connection, [Embedded(tenant_id=tenant, sha256=sha256, code=code)])
    answer = similar(client, job)
    assert [
        (one["name"], one["near_by_hash"], one["embedding_distance"], one["embedding_likeness"])
        for one in answer["references"]
    ] == [
        ("far-but-same-hash.tif", True, 0.3, "far"),
        ("close.tif", False, 0.06, "close"),
        ("loose.tif", False, 0.12, "loose"),
    ]
    assert (answer["references_searched"], answer["references_unsearched"]) == (4, 0)
    assert "not what a picture shows" in answer["references_note"]
    assert "not compared" not in answer["references_note"]


def test_what_an_index_holds_is_listed_a_page_at_a_time(client, database, tenant):
    held = [
        Reference(
            tenant_id=tenant,
            index="works/1998",
            sha256=bytes([number]) * 32,
            name=f"{number}.tif",
            fingerprint=Fingerprint(pdq=bytes(32), quality=90),
        )
        for number in range(3)
    ]
    with database.transaction() as connection:
        references.keep(connection, held)
    path = "/v1/reference-indexes/works%2F1998"
    first = client.get(path, params={"limit": 2}).json()
    assert [picture["name"] for picture in first["pictures"]] == ["0.tif", "1.tif"]
    last = client.get(path, params={"limit": 2, "after": first["next_after"]}).json()
    assert last == {"pictures": [{"sha256": "02" * 32, "name": "2.tif", "current": True}], "next_after": None}
    assert client.get("/v1/reference-indexes/other").status_code == 404
    assert client.get(path, params={"after": "zz"}).status_code == 422


def test_a_submission_names_its_index(client, database):
    client.upload(scene(), reference_index="catalogue")
    assert claim(database)[0].reference_index == "catalogue"


def test_it_needs_the_scope_read(client, connect, new_key, score):
    job = client.upload(scene()).json()
    score(scene())
    assert connect(new_key([Scope.SUBMIT])).get(f"{job['links']['self']}/similar").status_code == 403
