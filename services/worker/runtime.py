"""What one working process holds: connections, decoder, models. Made after a fork, closed at its end."""

import functools
import os
from typing import TYPE_CHECKING

from services.worker import housekeeping
from shared.config import Settings
from shared.queue.app import make_celery
from shared.queue.enqueue import Doorbell
from shared.storage.db import Database
from shared.storage.objects import ObjectStore

if TYPE_CHECKING:
    from services.worker.fetch import Fetcher
    from services.worker.verify import Verifier


class Runtime:
    """Parts are imported and made when first asked for: a fetcher never carries numpy and ONNX Runtime (60 MB)."""

    def __init__(self, settings: Settings, name: str) -> None:
        self._settings = settings
        self._name = f"{name}/{os.getpid()}"
        self._database = Database(settings)
        self._database.open()
        self._store = ObjectStore(settings)
        self._doorbell = Doorbell(make_celery(settings), settings)

    @functools.cached_property
    def verifier(self) -> "Verifier":
        from services.worker.models import ModelShelf  # noqa: PLC0415
        from services.worker.trust import read_trust_anchors  # noqa: PLC0415
        from services.worker.verify import Verifier  # noqa: PLC0415
        from shared.decoding.decoder import Decoder  # noqa: PLC0415
        from shared.imaging.limits import Limits  # noqa: PLC0415

        settings = self._settings
        return Verifier(
            database=self._database,
            store=self._store,
            doorbell=self._doorbell,
            decoder=Decoder(
                Limits(max_pixels=settings.max_pixels, max_side=settings.max_side),
                seconds=settings.decoder_seconds,
                memory_bytes=settings.decoder_memory_bytes,
                trust_anchors=read_trust_anchors(settings.c2pa_trust),
            ),
            shelf=ModelShelf(self._database, self._store, settings),
            settings=settings,
            name=self._name,
        )

    @functools.cached_property
    def fetcher(self) -> "Fetcher":
        from services.worker.fetch import Fetcher  # noqa: PLC0415
        from services.worker.guarded_http import GuardedClient  # noqa: PLC0415

        return Fetcher(
            database=self._database,
            store=self._store,
            doorbell=self._doorbell,
            client=GuardedClient(self._settings.allowed_networks),
            settings=self._settings,
            name=self._name,
        )

    def maintain(self) -> None:
        housekeeping.maintain(self._database, self._store, self._settings)

    def close(self) -> None:
        if "verifier" in self.__dict__:
            self.verifier.close()
        self._database.close()
