"""Perceptual hashes of gold, so that the harvest takes nothing that is near to it."""

from collections.abc import Callable

import structlog

from shared.config import Settings
from shared.decoding.decoder import Decoder
from shared.domain.job import Lane
from shared.domain.labels import Part
from shared.domain.model_card import InputSpec
from shared.errors import JobError
from shared.imaging.limits import Limits
from shared.storage import gold
from shared.storage.db import Database
from shared.storage.objects import GOLD, ObjectStore

SPEC = InputSpec(width=32, height=32)
"""The decoder must be given one; the hash is of the whole picture, whatever it says."""

log = structlog.get_logger("retrainer")


def hash_gold(
    database: Database, store: ObjectStore, settings: Settings, alive: Callable[[], None]
) -> dict[Part, list[bytes]]:
    """The PDQ hashes of both parts, 32 bytes each; what has none yet is decoded, by the guarded process, and kept.

    A picture that cannot be read has none. `alive` is called before each is read, and may raise to end it. Raises
    Outage.
    """
    with database.transaction() as connection:
        parts = {part: gold.rows(connection, part) for part in Part}
    missing = [picture for pictures in parts.values() for picture in pictures if picture.pdq is None]
    found: dict[bytes, bytes] = {}
    if missing:
        decoder = Decoder(
            Limits(max_pixels=settings.max_pixels, max_side=settings.max_side),
            seconds=settings.decoder_seconds,
            memory_bytes=settings.decoder_memory_bytes,
        )
        try:
            for picture in missing:
                alive()
                try:
                    prepared = decoder.decode(store.get_image(GOLD, picture.sha256), SPEC, Lane.BULK)
                except JobError as exc:
                    log.warning("gold_unreadable", sha256=picture.sha256.hex(), error=exc.detail)
                    continue
                found[picture.sha256] = prepared.fingerprint.pdq
                with database.transaction() as connection:
                    gold.keep_hash(connection, picture.sha256, prepared.fingerprint.pdq)
        finally:
            decoder.close()
    known = {
        part: [picture.pdq or found.get(picture.sha256) for picture in pictures] for part, pictures in parts.items()
    }
    return {part: [one for one in hashes if one is not None] for part, hashes in known.items()}
