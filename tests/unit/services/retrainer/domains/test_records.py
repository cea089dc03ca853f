from dataclasses import replace

import numpy as np
import pytest

from services.retrainer.domains.records import first, known_domains, retrained
from services.retrainer.versions.embedded import RAW
from shared.domain.job import Lane
from tests.unit.services.retrainer.domains.made import made_file, rows


def gold(pictures=("a", "b", "new"), labels=(0, 0, 0), **changed):
    made = rows(owners=1, each=1)
    return replace(made, pictures=np.array(pictures), labels=np.array(labels, np.uint8), **changed)


SAID = np.array(["photograph", "other", "painting"])


def test_each_picture_counts_once_in_each_lane():
    counted, pictures = first(
        np.array(["a", "b"]),
        np.array(["ann", "bo"]),
        {Lane.BULK: np.array(["photograph", "other"]), Lane.INTERACTIVE: np.array(["photograph", "photograph"])},
        {Lane.BULK: np.array([0.1, 0.9]), Lane.INTERACTIVE: np.array([0.2, 0.3])},
    )
    assert pictures.tolist() == ["a", "b", "a", "b"]
    assert counted.domains.tolist() == ["photograph", "other", "photograph", "photograph"]
    assert counted.scores.tolist() == pytest.approx([0.1, 0.9, 0.2, 0.3])
    assert counted.owners[0] == counted.owners[2] != counted.owners[1]


def test_a_picture_that_has_a_record_keeps_its_honest_score_moved_by_what_the_retraining_moved():
    before, after = np.array([0.5, 0.5, 0.5]), np.array([0.5, 0.8, 0.7])
    counted, pictures = retrained(gold(), SAID, before, after, made_file(scores=(0.9, 0.2)))
    assert pictures.tolist() == ["a", "b", "new"]
    # Odds of 1 to 4 times what odds of 4 to 1 are beside even ones; the new picture has its own.
    assert counted.scores.tolist() == pytest.approx([0.9, 0.5, 0.7], abs=1e-6)
    assert counted.domains.tolist() == SAID.tolist()


def test_another_lane_has_other_records():
    there = made_file(scores=(0.9, 0.2), lane=Lane.INTERACTIVE)
    after = np.array([0.3, 0.4, 0.5])
    counted, _ = retrained(gold(), SAID, np.full(3, 0.5), after, there)
    assert counted.scores.tolist() == pytest.approx(after.tolist())


def test_ai_pictures_other_views_and_second_views_are_no_record():
    several = gold(pictures=("a", "a", "b"), labels=(0, 0, 1))
    counted, pictures = retrained(several, SAID, np.full(3, 0.5), np.full(3, 0.5), None)
    assert pictures.tolist() == ["a"]
    assert len(counted.scores) == 1
    raw = gold(cells=np.full(3, RAW))
    assert len(retrained(raw, SAID, np.full(3, 0.5), np.full(3, 0.5), None)[1]) == 0


def test_a_probability_of_nought_or_one_stays_a_number():
    counted, _ = retrained(gold(), SAID, np.array([0.0, 1.0, 0.0]), np.array([1.0, 0.0, 1.0]), made_file())
    assert np.isfinite(counted.scores).all()


def test_what_heads_said_that_had_not_seen_the_owner_goes_before_what_the_head_says():
    assert known_domains(gold(), np.full(3, "screenshot"), made_file()).tolist() == [
        "photograph",
        "painting",
        "screenshot",
    ]
