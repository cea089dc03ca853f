"""The search for near hashes misses none and finds no other, whatever the hashes."""

import uuid

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.domain.fingerprint import BYTES, NEAR, distance
from tests.integration.factories import make_tenant

hashes = st.binary(min_size=BYTES, max_size=BYTES)

# One bit more than each of the twelve words may differ in: two in four words of 19 bits, three in the others. In the
# hash's own order of bits; `turned` counts from the other end.
WORDS = [*range(0, 76, 19), *range(76, 164, 22), *range(164, 256, 23)]
LEAST_FAR = [255 - (first + bit) for number, first in enumerate(WORDS) for bit in ((0, 18), (0, 9, 21))[number > 3]]


def turned(pdq: bytes, bits: set[int]) -> bytes:
    number = int.from_bytes(pdq)
    for bit in bits:
        number ^= 1 << bit
    return number.to_bytes(BYTES)


@st.composite
def neighbours(draw):
    """A hash, and others about as far from it as the border of what is near; some with all turned bits in few words."""
    pdq = draw(hashes)
    spread = st.sets(st.integers(0, 255), max_size=40)
    even = st.permutations(range(256)).map(lambda order: {16 * (bit % 16) + bit // 16 for bit in order[:NEAR]})
    hardest = st.integers(0, 31).map(lambda spared: {bit for place, bit in enumerate(LEAST_FAR) if place != spared})
    crowded = st.integers(0, 13).flatmap(
        lambda word: st.sets(st.integers(16 * word, 16 * word + 47), min_size=25, max_size=36)
    )
    return pdq, [
        turned(pdq, bits) for bits in draw(st.lists(st.one_of(spread, even, hardest, crowded), min_size=1, max_size=8))
    ]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(neighbours())
def test_all_that_is_near_is_found_and_nothing_else(database, drawn):
    pdq, others = drawn
    tenant = make_tenant(database, str(uuid.uuid4()))
    with database.transaction() as connection:
        for other in others:
            key = {"tenant": tenant, "sha256": uuid.uuid4().bytes * 2, "pdq": other, "job": uuid.uuid4()}
            connection.execute(
                "INSERT INTO objects (tenant_id, sha256, bytes, format) VALUES (%(tenant)s, %(sha256)s, 1, 'png')", key
            )
            connection.execute(
                "INSERT INTO perceptual_hashes (tenant_id, sha256, pdq, quality) VALUES (%(tenant)s, %(sha256)s, %(pdq)s, 90)",
                key,
            )
        found = connection.execute(
            "SELECT pdq, distance FROM near_hashes(%(tenant)s, %(pdq)s, %(near)s)"
            " JOIN perceptual_hashes USING (sha256) WHERE tenant_id = %(tenant)s",
            {"tenant": tenant, "pdq": pdq, "near": NEAR},
        ).fetchall()
    assert all(row["distance"] == distance(pdq, row["pdq"]) for row in found)
    assert {row["pdq"] for row in found} == {other for other in others if distance(pdq, other) <= NEAR}
