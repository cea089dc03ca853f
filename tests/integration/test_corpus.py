"""A part of the corpus in every run of the tests; all of it by `make corpus`."""

from collections import Counter

import pytest

from shared.imaging.formats import Format
from tests.corpus import inputs
from tests.corpus.bombs import LARGE
from tests.corpus.trial import REFUSALS, Setting, run


@pytest.fixture(scope="module")
def report():
    # Patient, for a machine that has other things to do: `make corpus` has the worker's own limit.
    return run(inputs.part(every=17), Setting(seconds=60))


def test_each_input_ends_as_pixels_or_as_a_refusal_with_its_reason(report):
    assert report.breaches == []
    assert report.inputs > 2_000
    assert report.decoded + report.refused.total() + len(report.deaths) == report.inputs
    assert set(report.refused) == REFUSALS


def test_none_of_them_ends_a_decoder_with_the_usual_memory(report):
    assert report.deaths == []
    assert 0 < report.largest[0] < Setting().memory_bytes


def test_the_header_check_is_no_stricter_than_the_decoder(report):
    assert report.header.total() == report.inputs
    assert all(", mutant " in line for line in report.stricter)


def test_pictures_that_outgrow_memory_or_time_cost_a_decoder_each_and_no_more():
    kinds = ("png of 79 MP, 1 bit", "png of 79 MP, transparent grey", "gif of 79 MP")
    pictures = [(kind, LARGE[kind]()) for kind in kinds]
    harsh = run(pictures, Setting(memory_bytes=256 << 20))
    hasty = run(pictures, Setting(seconds=0.4))
    assert harsh.breaches == hasty.breaches == []
    assert dict(harsh.deaths) == dict.fromkeys(kinds, "It needed more memory than a decoder may use.")
    assert dict(hasty.deaths) == dict.fromkeys(kinds, "It took longer than 0.4 s.")


def test_the_corpus_holds_every_format_whole_and_damaged_and_twenty_thousand_inputs():
    names = Counter(name.split(" ")[0].split(",")[0] for name, _ in inputs.sound())
    assert names.keys() == set(Format)
    assert sum(1 for _ in inputs.distinct(inputs.damaged())) > 20_000
