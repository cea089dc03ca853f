import numpy as np
import pytest

from services.retrainer.robustness.detector import Detector, of_inference, of_model, whole
from shared import scoring
from shared.domain.job import Lane
from shared.domain.model_card import ModelCard
from shared.domain.verdict import Thresholds
from shared.imaging.prepare import prepare
from shared.scoring.session import Model
from tests.unit.services.retrainer.robustness.made import CONSTANT, texture

CARD = ModelCard.from_document(
    {
        "name": "tiny",
        "version": "1.0.0",
        "input": {
            "width": 32,
            "height": 32,
            "resample": "bicubic",
            "views": {"bulk": [{"short_side": None, "crops": 1}], "interactive": [{"short_side": None, "crops": 4}]},
        },
        "calibration": {"temperature": 2.0, "bias": 0.5},
        "thresholds": {"likely_human": 0.3, "likely_ai": 0.6},
        "range": {"min_side": 32, "max_side": 64, "statement": "Small ones."},
    }
)


def brightness(pixels):
    maps = pixels[:, ::8, ::8].astype(np.float32).mean(3) - 100
    return maps.mean((1, 2)), maps


def test_a_shipped_model_scores_as_it_does_by_hand():
    model = Model.load(scoring.SHIPPED / "0.1.0", provider="cpu", threads=1)
    image = texture(0, width=50, height=40)
    by_hand = model.score(prepare(image, model.card.input))
    scored = of_model(model).score([texture(1), image])
    assert scored.logits[1] == by_hand.logits[0]
    assert scored.probabilities[1] == pytest.approx(by_hand.probabilities[0])
    assert scored.maps is None


def test_a_network_in_training_is_scored_through_its_cards_tiles_and_calibration():
    image = texture(0, width=64, height=64)
    scored = of_inference(brightness, CARD).score([image])
    logits, _ = brightness(prepare(image, CARD.input, Lane.INTERACTIVE))
    assert len(logits) == 4
    assert scored.logits[0] == pytest.approx(logits.mean(), abs=1e-4)
    assert scored.probabilities[0] == pytest.approx(1 / (1 + np.exp(-(logits.mean() / 2 + 0.5))), abs=1e-4)
    assert scored.maps[0].shape == (8, 8)
    assert scored.maps[0][0, 0] < scored.maps[0][0, -1]  # the picture brightens to the right


def test_a_lane_that_sees_less_leaves_the_rest_of_the_map_unknown():
    image = texture(0, width=96, height=32)
    [evidence] = of_inference(brightness, CARD, lane=Lane.BULK).score([image]).maps
    assert np.isnan(evidence[:, 0]).all()
    assert not np.isnan(whole(evidence)).any()
    assert whole(evidence)[0, 0] == np.nanmedian(evidence)


def test_what_stands_beside_a_picture_does_not_move_its_score():
    detector = of_inference(brightness, CARD)
    images = [texture(seed) for seed in range(3)]
    assert detector.score(images).logits[1] == detector.score(images[1:2]).logits[0]


def test_verdicts_follow_the_detectors_own_thresholds():
    detector = Detector(name="x", score=CONSTANT.score, thresholds=Thresholds(likely_human=0.3, likely_ai=0.6))
    assert detector.verdicts(np.array([0.1, 0.3, 0.5, 0.6, 0.9])).tolist() == [-1, -1, 0, 1, 1]
    assert detector.words(0.6) == "60 % AI, likely AI"
    assert detector.words(0.25) == "25 % AI, likely human"
