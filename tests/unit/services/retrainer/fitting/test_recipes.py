import pytest

pytest.importorskip("torch")

from services.retrainer.fitting.recipes import LARGEST_BATCH, LEAST_STEPS, for_accelerator, recipe
from shared.errors import ConfigurationError


def test_batches_grow_on_an_accelerator_while_enough_steps_remain():
    own = recipe("jinwi-cnn-32")
    grown = for_accelerator(own, 100_000)
    assert own.batch < grown.batch <= LARGEST_BATCH
    assert grown.passes * 100_000 / grown.batch >= LEAST_STEPS
    assert grown.learning_rate / own.learning_rate == pytest.approx((grown.batch / own.batch) ** 0.5)
    assert grown.convolution_rate / own.convolution_rate == pytest.approx((grown.batch / own.batch) ** 0.5)


def test_few_pictures_keep_their_small_batches():
    own = recipe("jinwi-cnn")
    assert for_accelerator(own, 6_938) == own


def test_a_rate_that_is_none_stays_none():
    assert for_accelerator(recipe("resnet"), 10_000_000).convolution_rate is None


def test_a_head_alone_needs_a_backbone_to_leave_alone():
    with pytest.raises(ConfigurationError, match="resnet has no pretrained backbone"):
        recipe("resnet", head_only=True)
