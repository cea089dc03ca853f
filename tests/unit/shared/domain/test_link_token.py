from shared.domain.link_token import hash_token, is_well_formed, new_token


def test_a_token_has_256_bits_in_43_characters_that_need_no_escape_in_a_path():
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(is_well_formed(token) and len(token) == 43 for token in tokens)
    assert len({hash_token(token) for token in tokens}) == 100
    assert {len(hash_token(token)) for token in tokens} == {32}


def test_what_cannot_be_a_token_is_told_by_its_form():
    for text in ("", "x" * 42, "x" * 44, "x" * 42 + "=", "x" * 42 + "/", "x" * 42 + "\n", "진" * 43):
        assert not is_well_formed(text)
