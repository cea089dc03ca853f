from pathlib import Path

from deploy.docker.make_secrets import NAMES, make, make_keys


def test_each_secret_is_its_own_and_long_enough_not_to_be_guessed(tmp_path: Path):
    assert make(tmp_path) == list(NAMES)
    made = {(tmp_path / name).read_text().strip() for name in NAMES}
    assert len(made) == len(NAMES)
    assert min(map(len, made)) >= 43
    assert {path.name for path in tmp_path.iterdir()} == set(NAMES)


def test_only_owner_and_group_may_read_a_secret_and_nobody_may_write_it(tmp_path: Path):
    make(tmp_path)
    assert {(tmp_path / name).stat().st_mode & 0o777 for name in NAMES} == {0o440}


def test_a_secret_that_is_there_is_left_alone(tmp_path: Path):
    own = tmp_path / NAMES[0]
    own.write_text("mine\n")
    assert make(tmp_path) == list(NAMES[1:])
    assert own.read_text() == "mine\n"
    assert make(tmp_path) == []


def test_what_an_interrupted_start_left_is_replaced(tmp_path: Path):
    (tmp_path / f".{NAMES[0]}").write_text("half")
    assert NAMES[0] in make(tmp_path)
    assert (tmp_path / NAMES[0]).read_text() != "half"


def test_the_private_model_key_is_its_owners_alone_and_the_public_one_lies_elsewhere(tmp_path: Path):
    private, public = tmp_path / "signing", tmp_path / "secrets"
    private.mkdir()
    public.mkdir()
    assert make_keys(private, public) == ["model_key.pem"]
    before = (private / "model_key.pem").read_bytes()
    assert (private / "model_key.pem").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in public.iterdir()] == ["model_key.pub"]
    assert make_keys(private, public) == []
    assert (private / "model_key.pem").read_bytes() == before
