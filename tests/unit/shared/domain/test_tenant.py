import base64

from shared.domain.tenant import Policy, hash_key, is_well_formed, new_key, new_webhook_secret
from shared.domain.verdict import Thresholds


def test_a_new_key_is_well_formed_and_unlike_any_other():
    keys = {new_key() for _ in range(100)}
    assert len(keys) == 100
    assert all(is_well_formed(key) for key in keys)


def test_a_mistyped_key_is_not_well_formed():
    key = new_key()
    other = "A" if key[10] != "A" else "B"
    for wrong in ("", key[:-1], key + "0", key[:10] + other + key[11:], key.upper(), "é" * len(key), f"x{key[1:]}"):
        assert not is_well_formed(wrong)


def test_only_a_hash_of_the_key_is_kept():
    key = new_key()
    assert len(hash_key(key)) == 32
    assert key.encode() not in hash_key(key)


def test_a_webhook_secret_carries_32_random_bytes():
    secret = new_webhook_secret()
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    assert secret.startswith("whsec_")


def test_a_policy_reads_back_as_it_was_written():
    thresholds = Thresholds(likely_human=0.1, likely_ai=0.9)
    policy = Policy(thresholds=thresholds, retention_days=30, allow_training=True, domain_cap=0.2)
    assert Policy.from_document(policy.document()) == policy


def test_a_policy_that_was_written_before_there_was_a_cap_has_the_default():
    written = {name: value for name, value in Policy().document().items() if name != "domain_cap"}
    assert Policy.from_document(written).domain_cap == 0.1


def test_what_a_newer_process_wrote_into_a_policy_is_left_out():
    assert Policy.from_document({**Policy().document(), "of_tomorrow": 1}) == Policy()


def test_training_needs_consent_that_nobody_has_by_default():
    assert Policy().allow_training is False
