import ipaddress

import pytest

from services.worker.guarded_http import GuardedClient
from services.worker.models import ModelShelf
from services.worker.sender import Sender
from services.worker.verify import Verifier
from shared import scoring
from shared.decoding.decoder import Decoder
from shared.imaging.limits import Limits
from shared.queue.app import make_celery
from shared.queue.enqueue import Doorbell
from shared.storage import models
from tests.integration.factories import make_tenant


@pytest.fixture
def tenant(database):
    return make_tenant(database)


@pytest.fixture
def shipped(database, store):
    """The shipped model versions, registered; the champion's version."""
    for directory in scoring.shipped():
        models.register(database, store, directory, origin="shipped")
    with database.transaction() as connection:
        models.note_shipped(connection, {path.name: models.read_manifest(path) for path in scoring.shipped()})
        return models.get(connection, "champion")["version"]


@pytest.fixture
def doorbell(settings):
    return Doorbell(make_celery(settings), settings)


@pytest.fixture
def verifier(database, store, doorbell, settings, shipped, tmp_path):
    settings = settings.model_copy(update={"model_cache": tmp_path / "models", "model_poll_seconds": 0.001})
    made = Verifier(
        database=database,
        store=store,
        doorbell=doorbell,
        decoder=Decoder(Limits(max_pixels=1_000_000, max_side=4000), seconds=10, memory_bytes=2 << 30),
        shelf=ModelShelf(database, store, settings),
        settings=settings,
        name="test",
    )
    yield made
    made.close()


@pytest.fixture
def sender(database, settings):
    """One that may reach the loopback."""
    made = Sender(database, GuardedClient([ipaddress.ip_network("127.0.0.0/8")]), settings)
    yield made
    made.close()
