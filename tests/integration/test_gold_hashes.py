"""What is near to gold is not harvested: gold gets its perceptual hashes from the run that first needs them."""

import hashlib
import io

import pytest
from PIL import Image

from services.retrainer.gold.hashes import hash_gold
from shared.domain.labels import Label, Part
from shared.domain.tenant import Scope
from shared.imaging.pdq import pdq
from shared.storage import gold, tenants
from shared.storage.gold import NewGold
from shared.storage.objects import GOLD


@pytest.fixture
def add(database, store, tenant):
    """Adds a picture of an owner to a part; gives its bytes."""
    with database.transaction() as connection:
        key = tenants.create_key(connection, tenant, "curator", {Scope.MODELS})[0]["id"]

    def adder(data, owner, *, guard):
        new = NewGold(
            sha256=hashlib.sha256(data).digest(), label=Label.HUMAN, owner=owner, kind="", bytes=len(data),
            format="png", width=None, height=None,
        )  # fmt: skip
        with database.transaction() as connection:
            gold.add(connection, store, new, io.BytesIO(data), guard_share=guard, by=key)
        return data

    return adder


def drawn(turn):
    file = io.BytesIO()
    picture = Image.linear_gradient("L").rotate(turn).resize((200, 160))
    picture.paste(Image.radial_gradient("L").resize((70, 90)), (turn, 20))
    picture.convert("RGB").save(file, "PNG")
    return file.getvalue()


def hash_of(data):
    with Image.open(io.BytesIO(data)) as image:
        return pdq(image.convert("RGB")).pdq


def alive():
    """Nobody asks it to stop."""


def test_each_part_has_the_hashes_of_its_pictures_and_keeps_them(database, store, settings, add):
    teaches, judges = add(drawn(10), "kim", guard=0), add(drawn(70), "lee", guard=1)
    known = hash_gold(database, store, settings, alive)
    assert known == {Part.TRAIN: [hash_of(teaches)], Part.GUARD: [hash_of(judges)]}
    store.delete_image(GOLD, hashlib.sha256(teaches).digest())  # it is not read a second time
    assert hash_gold(database, store, settings, alive) == known


def test_a_picture_that_cannot_be_read_has_none_and_stops_nothing(database, store, settings, add):
    add(b"\x89PNG\r\n\x1a\nno picture", "kim", guard=0)
    good = add(drawn(40), "lee", guard=0)
    assert hash_gold(database, store, settings, alive)[Part.TRAIN] == [hash_of(good)]


def test_whoever_wants_it_to_stop_is_asked_before_each_picture_that_is_read(database, store, settings, add):
    for turn in (10, 40, 70):
        add(drawn(turn), "kim", guard=0)
    asked = []

    def stopping():
        asked.append(len(asked))
        if len(asked) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        hash_gold(database, store, settings, stopping)
    assert len(hash_gold(database, store, settings, lambda: asked.append(len(asked)))[Part.TRAIN]) == 3
    assert len(asked) == 2 + 2  # what was hashed before the stop is not read again
