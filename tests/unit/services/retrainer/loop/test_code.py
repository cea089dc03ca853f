import pytest

from services.retrainer.loop import code


@pytest.fixture
def root(tmp_path):
    """Modules of a release."""
    for package in code.PACKAGES:
        (tmp_path / package).mkdir(parents=True)
        (tmp_path / package / "a.py").write_text("one")
    return tmp_path


def test_every_module_counts_and_its_name_too(root):
    changes = [("services/retrainer/a.py", "two"), ("shared/a.py", "two"), ("shared/b.py", "")]
    known = {code.digest.__wrapped__(root)}
    for name, text in changes:
        (root / name).write_text(text)
        known.add(code.digest.__wrapped__(root))
    (root / "shared" / "b.py").rename(root / "shared" / "c.py")
    known.add(code.digest.__wrapped__(root))
    assert len(known) == 5


def test_what_is_no_module_does_not_count(root):
    before = code.digest.__wrapped__(root)
    (root / "shared" / "__pycache__").mkdir()
    (root / "shared" / "__pycache__" / "a.cpython-311.pyc").touch()
    assert code.digest.__wrapped__(root) == before


def test_a_folder_is_of_other_code_until_it_is_marked_unless_nothing_is_in_it(tmp_path):
    assert not code.is_of_other(tmp_path)
    (tmp_path / "report.json").touch()
    assert code.is_of_other(tmp_path)
    code.mark(tmp_path)
    assert not code.is_of_other(tmp_path)
    (tmp_path / code.WORK / code.MARK).write_text("another")
    assert code.is_of_other(tmp_path)


def test_what_is_forgotten_is_of_other_code(tmp_path):
    code.mark(tmp_path)
    (tmp_path / "candidate").mkdir()
    code.forget(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["candidate"]
    assert code.is_of_other(tmp_path)
    code.forget(tmp_path)
