import pytest

from services.api.room import Room
from services.api.spool import Crowded


def test_a_single_holder_gets_at_most_half_of_it_and_others_the_rest():
    room = Room(100)
    with room.held("a", 30), room.held("a", 20):
        with pytest.raises(Crowded), room.held("a", 1):
            pass
        with room.held("b", 25), room.held("c", 25), pytest.raises(Crowded), room.held("d", 1):
            pass


def test_what_was_held_is_free_again_however_it_ended():
    room = Room(100)
    with pytest.raises(ValueError, match="broken"), room.held("a", 50):
        raise ValueError("broken")
    with room.held("a", 50):
        pass
    with room.held("b", 50), room.held("a", 50):
        pass
