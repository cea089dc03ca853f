"""The card of a model: the same JSON document inside the ONNX file and beside it."""

import json
from collections.abc import Mapping

from shared.domain.model_card import ModelCard
from shared.errors import ModelRefused

CARD_KEY = "jinwi.card"
"""Where the ONNX file holds the card, among its `metadata_props`."""


def read_card(metadata: Mapping[str, str], beside: bytes) -> ModelCard:
    """The card from an ONNX file's `metadata`; raises ModelRefused unless `beside`, card.json, says the same."""
    try:
        document = json.loads(metadata[CARD_KEY])
        if document != json.loads(beside):
            raise ModelRefused("card.json is not the card inside the ONNX file")
        return ModelCard.from_document(document)
    except KeyError as exc:
        raise ModelRefused(f"the ONNX file holds no card under {CARD_KEY!r}") from exc
    except (ValueError, AttributeError) as exc:
        raise ModelRefused(f"the model's card cannot be read: {exc}") from exc
