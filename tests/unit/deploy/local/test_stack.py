"""What each part of the embedded stack is told."""

from deploy.local.home import Home
from deploy.local.stack import SIGNERS, make_stack
from shared import config


def told(child) -> set[str]:
    return {name for name in child._environment if name.startswith("JINWI_MODEL_")}


def test_who_signs_knows_of_the_private_model_key_and_nobody_else_does(tmp_path, monkeypatch):
    monkeypatch.setenv("JINWI_MODEL_SIGNING_KEY", str(tmp_path / "own.pem"))
    home = Home(tmp_path / "home")
    with home.locked():
        stack = make_stack(config.Settings(home=home.root), home)
    parts = [stack.setup, *stack.services]
    knowing = {child.name for child in parts if "JINWI_MODEL_SIGNING_KEY" in told(child)}
    assert knowing == SIGNERS & {child.name for child in parts}
    assert "setup" in knowing
    assert all({"JINWI_MODEL_PUBLIC_KEY", "JINWI_MODEL_TRUST"} <= told(child) for child in stack.services)


def test_a_key_whose_variable_is_empty_is_that_of_the_home(tmp_path, monkeypatch):
    for name in ("JINWI_MODEL_SIGNING_KEY", "JINWI_MODEL_PUBLIC_KEY", "JINWI_MODEL_TRUST"):
        monkeypatch.setenv(name, "")
    home = Home(tmp_path / "home")
    with home.locked():
        setup = make_stack(config.Settings(home=home.root), home).setup
    assert setup._environment["JINWI_MODEL_SIGNING_KEY"] == str(home.model_key)
    assert setup._environment["JINWI_MODEL_PUBLIC_KEY"] == str(home.model_public_key)
    assert setup._environment["JINWI_MODEL_TRUST"] == str(home.trusted_keys)
