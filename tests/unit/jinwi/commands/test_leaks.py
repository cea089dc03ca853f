import json

import pytest
from PIL import Image, ImageDraw
from typer.testing import CliRunner

pytest.importorskip("numpy")

from jinwi.cli import app


@pytest.fixture
def data(tmp_path):
    """Two people's folders, and a third picture that shows a part of the first."""
    picture = Image.effect_noise((400, 400), 120).resize((800, 800)).convert("RGB")
    draw = ImageDraw.Draw(picture)
    for index in range(40):
        draw.ellipse((index * 19, index * 17, index * 19 + 60, index * 17 + 90), outline=(index * 6, 200, 90), width=5)
    for name, image in {
        "human/ann/a.png": picture,
        "human/ben/b.png": Image.effect_noise((600, 600), 90).convert("RGB"),
        "ai/cid/c.png": picture.crop((100, 100, 500, 500)),
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        image.save(tmp_path / name)
    return tmp_path


def test_a_picture_that_two_owners_share_is_named_with_both(data):
    result = CliRunner().invoke(app, ["leaks", str(data), "--json"])
    assert result.exit_code == 0
    (match,) = [json.loads(line) for line in result.stdout.splitlines()]
    assert {match["first"], match["second"]} == {"human/ann/a.png", "ai/cid/c.png"}
    assert {match["first_owner"], match["second_owner"]} == {"ann", "cid"}
    assert match["similarity"] > 0.9


def test_equal_files_of_two_data_sets_are_wholly_similar(data):
    result = CliRunner().invoke(app, ["leaks", str(data), "--against", str(data), "--json"])
    alike = [json.loads(line) for line in result.stdout.splitlines()]
    assert sum(match["similarity"] == 1.0 and match["first"] == match["second"] for match in alike) == 3
