import pytest

from services.retrainer.sources import shown


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("/home/me/pictures.tar", "pictures.tar"),
        ("human_only:/home/me/photos", "human_only:photos"),
        ("../a/b.tar?notes=docs/n.csv", "b.tar?notes=docs/n.csv"),
        ("plain", "plain"),
    ],
)
def test_a_spec_is_shown_without_its_folder(spec, expected):
    assert shown(spec) == expected
