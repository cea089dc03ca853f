"""Labelled images: kept once, under one label, an owner in one part for good, and gone when they are removed."""

import hashlib
import io
from datetime import timedelta

import pytest

from shared.domain.labels import Label, Part
from shared.domain.tenant import Scope
from shared.errors import JobError
from shared.storage import audit, gold
from shared.storage.objects import GOLD
from tests.integration.factories import picture

PATH = "/v1/gold"


def shade(number):
    return picture((number % 256, number // 256, 7))


def sha256(data):
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def add(client):
    def send(data, label="human", **fields):
        return client.post(PATH, files={"image": ("image", data)}, data={"label": label, **fields})

    return send


def test_a_labelled_image_is_kept_with_what_is_known_of_it(client, add, store, database):
    answer = add(shade(1), owner="kim", kind="photograph")
    assert answer.status_code == 201, answer.text
    document = answer.json()
    assert (document["sha256"], document["label"], document["owner"]) == (sha256(shade(1)), "human", "kim")
    assert (document["kind"], document["format"], document["width"], document["height"]) == (
        "photograph",
        "png",
        32,
        32,
    )
    assert store.get_image(GOLD, bytes.fromhex(document["sha256"])) == shade(1)
    assert client.get(PATH).json()["images"] == [document]
    with database.transaction() as connection:
        assert [act["action"] for act in audit.page(connection, limit=9)] == ["gold.added"]


def test_the_same_image_again_is_counted_once_and_stays_as_it_is(client, add):
    first = add(shade(1), owner="kim")
    again = add(shade(1), owner="lee")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()


def test_an_image_is_never_under_both_labels(client, add):
    add(shade(1), "human")
    answer = add(shade(1), "ai")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:jinwi:problem:conflict")
    assert [image["label"] for image in client.get(PATH).json()["images"]] == ["human"]


def test_an_owner_is_in_one_part_for_good(client, add):
    parts = {}
    for owner in map(str, range(40)):
        for number, label in enumerate(("human", "ai")):
            # A share that changes meanwhile moves nobody.
            document = add(shade(2 * int(owner) + number), label, owner=owner, guard=0.5 if number == 0 else 0).json()
            parts.setdefault(owner, set()).add(document["part"])
    assert all(len(part) == 1 for part in parts.values())
    guard = sum(part == {"guard"} for part in parts.values())
    assert 10 <= guard <= 30
    counts = {(row["part"], row["label"]): (row["images"], row["owners"]) for row in client.get(PATH).json()["counts"]}
    assert counts["guard", "human"] == counts["guard", "ai"] == (guard, guard)
    assert counts["train", "human"] == (40 - guard, 40 - guard)


def test_an_owner_stays_in_its_part_when_all_its_images_were_removed(client, add):
    before = add(shade(1), owner="kim", guard=1).json()
    assert before["part"] == "guard"
    client.delete(f"{PATH}/{before['sha256']}")
    assert add(shade(2), owner="kim", guard=0).json()["part"] == "guard"


def test_without_an_owner_an_image_stands_for_itself(add):
    document = add(shade(1)).json()
    assert document["owner"] == document["sha256"]


def test_a_removed_image_is_gone_from_the_lists_and_the_store_and_on_record(client, add, store, database):
    document = add(shade(1), owner="kim", guard=0).json()
    answer = client.delete(f"{PATH}/{document['sha256']}")
    assert (answer.status_code, answer.json()["removed_at"] is not None) == (200, True)
    assert client.get(PATH).json() == {"counts": [], "images": [], "next_cursor": None}
    with pytest.raises(JobError):
        store.get_image(GOLD, bytes.fromhex(document["sha256"]))
    with database.transaction() as connection:
        assert gold.rows(connection, Part.TRAIN) == []
        assert [act["action"] for act in audit.page(connection, limit=9)] == ["gold.removed", "gold.added"]
    assert client.delete(f"{PATH}/{document['sha256']}").json() == answer.json()
    assert client.delete(f"{PATH}/{'0' * 64}").status_code == 404


def test_what_was_removed_can_be_added_again_even_under_the_other_label(client, add, store):
    first = add(shade(1), "human").json()
    client.delete(f"{PATH}/{first['sha256']}")
    again = add(shade(1), "ai")
    assert (again.status_code, again.json()["label"], again.json()["removed_at"]) == (201, "ai", None)
    assert store.get_image(GOLD, bytes.fromhex(first["sha256"])) == shade(1)


def test_the_trainer_reads_each_part_in_an_order_that_does_not_change(add, database):
    for number, owner in ((3, "a"), (1, "b"), (2, "a")):
        add(shade(number), "ai", owner=owner, guard=0)
    with database.transaction() as connection:
        found = gold.rows(connection, Part.TRAIN)
        assert gold.rows(connection, Part.GUARD) == []
    assert [one.sha256.hex() for one in found] == sorted(sha256(shade(number)) for number in (1, 2, 3))
    assert {(one.label, one.part) for one in found} == {(Label.AI, Part.TRAIN)}


def test_a_list_is_read_page_by_page_and_by_what_one_looks_for(client, add):
    for number in range(5):
        add(shade(number), "ai" if number % 2 else "human", owner=f"o{number}")
    seen, cursor = [], None
    while True:
        page = client.get(PATH, params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        seen += [image["owner"] for image in page["images"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [f"o{number}" for number in (4, 3, 2, 1, 0)]
    assert len(client.get(PATH, params={"label": "ai"}).json()["images"]) == 2
    assert len(client.get(PATH, params={"owner": "o3"}).json()["images"]) == 1


@pytest.mark.parametrize(
    ("data", "fields", "status"),
    [
        (b"not an image", {}, 415),
        (b"", {}, 422),
        (shade(1), {"label": "unsure"}, 422),
        (shade(1), {"owner": "a\nb"}, 422),
        (shade(1), {"guard": "1.5"}, 422),
        (shade(1), {"guard": "nan"}, 422),
        (shade(1), {"note": "x"}, 422),
    ],
)
def test_what_is_refused_leaves_nothing_behind(client, add, store, data, fields, status):
    answer = add(data, **{"label": "human"} | fields)
    assert answer.status_code == status, answer.text
    assert client.get(PATH).json()["images"] == []
    assert list(store.gold()) == []


def test_a_label_is_for_whoever_may_change_what_the_model_is(connect, new_key):
    client = connect(new_key(set(Scope) - {Scope.MODELS}))
    assert client.get(PATH).json()["scope"] == "models"


def test_bytes_that_no_row_holds_are_collected_and_the_others_are_not(client, add, store, database):
    kept = add(shade(1)).json()
    left = bytes.fromhex(sha256(shade(2)))
    store.put_image(GOLD, left, io.BytesIO(shade(2)), len(shade(2)))
    assert gold.collect(database, store, age=timedelta(hours=1)) == 0
    assert gold.collect(database, store, age=timedelta()) == 1
    assert [digest.hex() for digest, _ in store.gold()] == [kept["sha256"]]


def test_the_collector_of_submitted_images_leaves_gold_alone(client, add, store):
    add(shade(1))
    assert list(store.images()) == []
