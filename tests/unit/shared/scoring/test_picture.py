import numpy as np
import pytest

from shared.domain.job import Lane
from shared.domain.tiles import plan
from shared.scoring import session
from shared.scoring.picture import Picture, embedded
from shared.scoring.session import Model

models = pytest.importorskip("tests.models", reason="needs onnx")


@pytest.fixture
def load(tmp_path):
    def made(**card):
        return Model.load(models.brightness(tmp_path / "version", **card), provider="cpu", threads=1)

    return made


def picture(*levels, width=16, height=16, lane=Lane.INTERACTIVE):
    """Tiles of one grey each."""
    pixels = np.array(levels, np.uint8)[:, np.newaxis, np.newaxis, np.newaxis] * np.ones((16, 16, 3), np.uint8)
    return Picture(pixels=pixels, width=width, height=height, lane=lane)


def logit(level):
    return (level - 127.5) / 16


def test_a_picture_of_one_tile_scores_as_its_tile(load):
    model = load()
    one = picture(200)
    [score] = model.score_pictures([one])
    assert score.logit == model.score(one.pixels).logits[0]
    assert score.probability == model.score(one.pixels).probabilities[0]


def test_the_logit_is_the_weighted_mean_of_the_tiles(load):
    spec = {
        **models.TILED,
        "views": {
            "bulk": [{"short_side": None, "crops": 4, "weight": 3}, {"short_side": 16, "crops": 1}],
            "interactive": [{"short_side": None, "crops": 1}],
        },
    }
    [score] = load(input=spec).score_pictures([picture(0, 50, 100, 150, 250, width=64, height=64, lane=Lane.BULK)])
    assert score.logit == pytest.approx(3 / 16 * sum(map(logit, (0, 50, 100, 150))) + logit(250) / 4, rel=1e-6)


def test_pictures_of_many_sizes_are_scored_together_as_each_alone(load, monkeypatch):
    model = load()
    sizes = [(16, 16), (32, 32), (16, 40), (64, 64)]
    rng = np.random.default_rng(0)
    pictures = []
    for width, height in sizes:
        count = len(plan(width, height, model.card.input, Lane.INTERACTIVE))
        pixels = rng.integers(0, 256, (count, 16, 16, 3), np.uint8)
        pictures.append(Picture(pixels=pixels, width=width, height=height, lane=Lane.INTERACTIVE))
    assert [len(one.pixels) for one in pictures] == [1, 9, 3, 9]
    monkeypatch.setattr(session, "PIXELS_AT_ONCE", 5 * 16 * 16)
    together = model.score_pictures(pictures)
    for one, score in zip(pictures, together, strict=True):
        [alone] = model.score_pictures([one])
        assert score.logit == pytest.approx(alone.logit, abs=1e-5)
        assert np.allclose(score.evidence, alone.evidence, equal_nan=True, atol=1e-5)


def test_no_inference_has_more_pixels_than_allowed(load, monkeypatch):
    model = load()
    sizes = []
    infer = model._infer
    monkeypatch.setattr(model, "_infer", lambda names, pixels: sizes.append(len(pixels)) or infer(names, pixels))
    monkeypatch.setattr(session, "PIXELS_AT_ONCE", 4 * 16 * 16)
    model.score_pictures([picture(*range(9), width=64, height=64)])
    assert sizes == [4, 4, 1]
    monkeypatch.setattr(session, "PIXELS_AT_ONCE", 1)
    model.score_pictures([picture(1), picture(2)])
    assert sizes[3:] == [1, 1]


def test_a_pictures_embedding_is_the_weighted_mean_of_its_tiles(load):
    spec = {
        **models.TILED,
        "views": {
            "bulk": [{"short_side": None, "crops": 4, "weight": 3}, {"short_side": 16, "crops": 1}],
            "interactive": [{"short_side": None, "crops": 1}],
        },
    }
    card = load(input=spec).card
    one = picture(0, 50, 100, 150, 250, width=64, height=64, lane=Lane.BULK)
    tiles = np.random.default_rng(0).normal(0, 1, (5, 7)).astype(np.float32)
    assert np.allclose(embedded(one, tiles, card=card), 3 / 16 * tiles[:4].sum(0) + tiles[4] / 4, atol=1e-6)


def test_calibration_goes_by_lane_and_by_the_pictures_own_size(load):
    tiers = [
        {"max_short_side": 100, "temperature": 2.0, "bias": 0.5},
        {"max_short_side": None, "temperature": 4.0, "bias": -0.5},
    ]
    model = load(calibration={"bulk": tiers, "interactive": tiers[1:]})
    cases = [
        ((100, 900), Lane.BULK, 2.0, 0.5),
        ((101, 900), Lane.BULK, 4.0, -0.5),
        ((9, 9), Lane.INTERACTIVE, 4.0, -0.5),
    ]
    for (width, height), lane, temperature, bias in cases:
        count = len(plan(width, height, model.card.input, lane))
        [score] = model.score_pictures([picture(*[150] * count, width=width, height=height, lane=lane)])
        assert score.probability == pytest.approx(1 / (1 + np.exp(-(logit(150) / temperature + bias))))
        assert score.calibration.temperature == temperature


def test_the_evidence_lies_over_the_original(load):
    [score] = load().score_pictures([picture(0, 128, 255, 0, 128, 255, 0, 128, 255, width=48, height=48)])
    assert score.evidence.shape == (12, 12)
    assert np.allclose(score.evidence[:, :4], logit(0))
    assert np.allclose(score.evidence[:, 4:8], logit(128))
    assert np.allclose(score.evidence[:, 8:], logit(255))


def test_tiles_other_than_planned_are_the_callers_error(load):
    with pytest.raises(ValueError, match="zip"):
        load().score_pictures([picture(1, 2)])


def test_nothing_to_score_gives_nothing(load):
    assert load().score_pictures([]) == []
