import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.fingerprint import BYTES, SURE_QUALITY, Fingerprint, distance

hashes = st.binary(min_size=BYTES, max_size=BYTES)


@given(hashes, st.sets(st.integers(0, 255)))
def test_the_distance_is_the_number_of_bits_that_were_turned(one, turned):
    other = int.from_bytes(one)
    for bit in turned:
        other ^= 1 << bit
    assert distance(one, other.to_bytes(BYTES)) == distance(other.to_bytes(BYTES), one) == len(turned)


@given(hashes, hashes, hashes)
def test_distances_obey_the_triangle(one, other, third):
    assert distance(one, third) <= distance(one, other) + distance(other, third)


@pytest.mark.parametrize(("pdq", "quality"), [(b"", 50), (bytes(31), 50), (bytes(32), -1), (bytes(32), 101)])
def test_what_is_no_hash_is_refused(pdq, quality):
    with pytest.raises(ValueError, match="PDQ hash"):
        Fingerprint(pdq=pdq, quality=quality)


@pytest.mark.parametrize(("quality", "sure"), [(SURE_QUALITY - 1, False), (SURE_QUALITY, True)])
def test_a_hash_is_sure_from_a_quality_on(quality, sure):
    assert Fingerprint(pdq=bytes(32), quality=quality).is_sure is sure
