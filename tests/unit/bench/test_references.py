import numpy as np

from bench import references
from shared.domain.embedding import BYTES


def test_codes_of_one_kind_lie_nearer_than_those_of_two():
    drawn = references.codes(300, np.random.default_rng(1))
    assert {len(code) for code in drawn} == {BYTES}
    numbers = [int.from_bytes(code) for code in drawn]
    used = references.SIZE * references.LEVELS
    apart = sorted((one ^ other).bit_count() / used for place, one in enumerate(numbers) for other in numbers[:place])
    # 1 of 50 pairs is of one kind.
    assert np.median(apart[: len(apart) // 60]) < 0.8 * np.median(apart)
