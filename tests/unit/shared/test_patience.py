import pytest

from shared import patience
from shared.errors import Outage
from shared.patience import patiently


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr(patience, "PAUSE_SECONDS", 0)


def test_an_outage_that_passes_is_outlived():
    answers = iter([Outage("postgres", "away"), Outage("postgres", "away"), 7])

    def action():
        answer = next(answers)
        if isinstance(answer, Outage):
            raise answer
        return answer

    assert patiently(action, 60) == 7


def test_an_outage_that_stays_is_raised_in_the_end():
    def action():
        raise Outage("postgres", "away")

    with pytest.raises(Outage):
        patiently(action, 0.01)


def test_any_other_error_is_raised_at_once():
    calls = []

    def action():
        calls.append(1)
        raise ValueError

    with pytest.raises(ValueError):
        patiently(action, 60)
    assert len(calls) == 1
