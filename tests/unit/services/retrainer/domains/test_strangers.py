import numpy as np

from services.retrainer.domains.strangers import SEEDS, strangers


def test_strangers_are_the_same_whenever_they_are_made_and_differ_among_themselves():
    some, again = strangers(), strangers()
    assert len(some) == 10
    for name, images in some.items():
        assert len(images) == SEEDS
        assert all(image.mode == "RGB" for image in images)
        assert all(one.tobytes() == other.tobytes() for one, other in zip(images, again[name], strict=True))
        assert len({(*image.size, image.tobytes()) for image in images}) > 1, name


def test_they_are_what_they_are_called():
    made = strangers()
    assert np.ptp(np.asarray(made["white"][0])) == 0
    assert np.ptp(np.asarray(made["one colour"][0]).reshape(-1, 3), axis=0).max() == 0
    assert set(np.unique(np.asarray(made["code square"][0]))) == {0, 255}
    assert np.asarray(made["noise"][0]).std() > 60
    assert made["icon enlarged"][0].size == (512, 512)
