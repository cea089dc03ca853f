from prometheus_client import Histogram
from structlog.testing import capture_logs

from shared import metrics


class Unwritable(Histogram):
    """As where the folder of metric files belongs to another user, or is full."""

    def labels(self, *_):
        raise PermissionError(13, "Permission denied")


def test_a_folder_that_cannot_be_written_costs_the_figure_and_nothing_else():
    with capture_logs() as logged:
        metrics.observe(Unwritable("unwritable_seconds", "Nothing.", ["step"], registry=None), 1.0, "score")
    assert [line["event"] for line in logged] == ["metric_lost"]


def test_a_slot_never_holds_the_character_that_separates_the_parts_of_a_file_name():
    before = metrics.slot()
    metrics.use_slot("score@my_host")
    assert metrics.slot() == "score@my-host"
    metrics.use_slot(before)
