import hashlib
import json
import subprocess
import sys

import pytest

from shared.domain.statement import answer_hash, canonical

RESULT = {"b": [1, 0.1, 1e-7], "a": {"z": "진위\u0007", "y": None, "x": True}}


def test_the_bytes_do_not_depend_on_the_order_in_which_names_were_written():
    again = {"a": dict(reversed(RESULT["a"].items())), "b": RESULT["b"]}
    assert canonical(again) == canonical(RESULT)
    assert canonical(RESULT) == b'{"a":{"x":true,"y":null,"z":"\\uc9c4\\uc704\\u0007"},"b":[1,0.1,1e-07]}'


def test_whoever_reads_the_answer_as_json_can_make_the_hash_again():
    """As docs/how-to/appeals.md says."""
    code = (
        "import hashlib, json, sys\n"
        'result = json.load(sys.stdin)["result"]\n'
        'print(hashlib.sha256(json.dumps(result, sort_keys=True, separators=(",", ":")).encode()).hexdigest())'
    )
    served = json.dumps({"result": RESULT}, ensure_ascii=False)
    run = subprocess.run([sys.executable, "-c", code], input=served, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == answer_hash(RESULT) == hashlib.sha256(canonical(RESULT)).hexdigest()


def test_half_of_a_surrogate_pair_stays_what_it_is():
    assert json.loads(canonical({"a": "\ud800"})) == {"a": "\ud800"}


def test_what_is_no_json_has_no_hash():
    with pytest.raises(ValueError, match="JSON compliant"):
        canonical({"a": float("nan")})
