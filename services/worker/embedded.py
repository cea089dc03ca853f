"""What a scored picture's embedding comes to as codes, by which it is found among references."""

from collections.abc import Sequence

import structlog

from services.worker.scored import Decoded
from shared.decoding.decoder import Decoder
from shared.domain.embedding import EmbeddingCode
from shared.domain.job import Lane
from shared.errors import JobError, Outage
from shared.scoring.picture import Picture, Score

log = structlog.get_logger("worker")


def codes_of(decoder: Decoder, item: Decoded, score: Score) -> Sequence[EmbeddingCode]:
    """In the space of its lane; of a reference in that of each lane, so that jobs of both are compared with it.

    None where the model's embeddings can be compared with none. It never costs the score.
    """
    space = item.model.spaces.get(item.claim.lane)
    if space is None or score.embedding is None:
        return ()
    codes = [space.code(score.embedding)]
    if item.claim.reference_index is not None:
        codes += [code for lane in Lane if lane != item.claim.lane for code in _in_another(decoder, item, lane)]
    return codes


def _in_another(decoder: Decoder, item: Decoded, lane: Lane) -> Sequence[EmbeddingCode]:
    model = item.model
    space = model.spaces.get(lane)
    if space is None or space.id == model.spaces[item.claim.lane].id:
        return ()
    try:
        prepared = decoder.decode(item.data, model.card.input, lane)
        tiles = Picture(pixels=prepared.pixels, width=prepared.width, height=prepared.height, lane=lane)
        [vector] = model.embed_pictures([tiles])
    except (JobError, Outage) as exc:
        log.warning("reference_half_known", job_id=str(item.claim.id), lane=lane, error=exc.detail)
        return ()
    return (space.code(vector),)
