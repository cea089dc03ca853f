import hashlib
from itertools import product

import pytest

from shared.domain.lifecycle import CHALLENGING, MOVES, VersionState, falls_in, require_move
from shared.errors import IllegalTransition

IMAGES = [hashlib.sha256(str(number).encode()).digest() for number in range(4000)]


@pytest.mark.parametrize(("before", "after"), list(product(VersionState, VersionState)))
def test_every_pair_of_states_is_a_move_or_refused(before, after):
    if after in MOVES[before]:
        require_move(before, after)
    else:
        with pytest.raises(IllegalTransition, match=f"from {before} to {after}"):
            require_move(before, after)


def test_every_state_has_its_moves_and_none_leads_to_itself():
    assert set(MOVES) == set(VersionState)
    assert not [state for state in VersionState if state in MOVES[state]]


def test_a_champion_only_retires_and_only_a_challenger_is_stopped():
    assert MOVES[VersionState.CHAMPION] == {VersionState.RETIRED}
    assert {state for state in VersionState if VersionState.STOPPED in MOVES[state]} == CHALLENGING


def test_every_state_but_the_last_leads_back_to_champion():
    assert not MOVES[VersionState.REMOVED]
    for state in set(VersionState) - {VersionState.CHAMPION, VersionState.REMOVED}:
        assert VersionState.CHAMPION in MOVES[state]


def test_what_answers_or_is_being_tried_is_not_removed():
    removable = {state for state in VersionState if VersionState.REMOVED in MOVES[state]}
    assert removable == {VersionState.AVAILABLE, VersionState.RETIRED, VersionState.STOPPED}


@pytest.mark.parametrize("share", [0.05, 0.5])
def test_a_share_of_the_pictures_falls_in(share):
    drawn = sum(falls_in(share, sha256, "1.2.0", VersionState.CANARY) for sha256 in IMAGES)
    assert drawn / len(IMAGES) == pytest.approx(share, abs=0.03)


def test_none_or_all_fall_in_at_the_ends():
    for share, expected in ((0.0, 0), (1.0, len(IMAGES))):
        assert sum(falls_in(share, sha256, "1.2.0", VersionState.SHADOW) for sha256 in IMAGES) == expected


def test_a_picture_that_falls_in_a_share_falls_in_every_larger_one():
    for sha256 in IMAGES[:500]:
        drawn = [falls_in(share, sha256, "1.2.0", VersionState.CANARY) for share in (0.05, 0.1, 0.4)]
        assert drawn == sorted(drawn)


def test_another_version_gets_other_pictures():
    first, second = (
        {sha256 for sha256 in IMAGES if falls_in(0.1, sha256, version, VersionState.CANARY)}
        for version in ("1.2.0", "1.3.0")
    )
    assert len(first & second) / len(first) == pytest.approx(0.1, abs=0.06)
