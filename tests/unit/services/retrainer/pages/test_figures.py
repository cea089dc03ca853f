import pytest

from services.retrainer.pages.figures import SHARE, SIGNED, figure, text
from services.retrainer.statistics.bootstrap import Interval

NONE = float("nan")


@pytest.mark.parametrize(
    ("interval", "form", "written"),
    [
        (Interval(value=0.8714, low=0.84, high=0.9), "{:.3f}", "0.871 (0.840 to 0.900)"),
        (Interval(value=-0.02, low=-0.04, high=0.001), SIGNED, "−0.020 (−0.040 to +0.001)"),
        (Interval(value=0.049, low=0.031, high=0.0694), SHARE, "4.9 % (3.1 % to 6.9 %)"),
        (Interval(value=0.5, low=NONE, high=NONE), SHARE, "50.0 %"),
        (Interval(value=NONE, low=NONE, high=NONE), SIGNED, "–"),
        (Interval(value=NONE, low=0.0, high=1.0), SHARE, "–"),
    ],
)
def test_a_figure_stands_before_its_interval(interval, form, written):
    assert text(interval, form) == written


def test_on_a_page_the_interval_is_small_and_a_bad_figure_marked():
    interval = Interval(value=0.12, low=0.1, high=0.14)
    assert figure(interval) == "0.120 <small>(0.100 to 0.140)</small>"
    assert figure(interval, bad=True).startswith('<span class="bad">0.120</span> <small>')
