import random

import pytest
from PIL import Image, ImageDraw

from services.retrainer.data import leaks
from services.retrainer.data.samples import Dataset, Sample
from tests.unit.services.retrainer.data.scenes import face, jpeg, scene, sky

WHOLES = [scene(seed) for seed in range(6)]


def dataset(pictures, *, owners=None, name="made"):
    contents = [picture if isinstance(picture, bytes) else jpeg(picture) for picture in pictures]
    samples = [
        Sample(
            name=f"{name}/{index}", label=0, owner=owners[index] if owners else "", read=lambda content=content: content
        )
        for index, content in enumerate(contents)
    ]
    return Dataset(name, samples)


def found(matches):
    return {(match.first.name, match.second.name) for match in matches}


def cut(image, chance, side, size):
    x, y = chance.randint(0, image.width - side), chance.randint(0, image.height - side)
    return image.crop((x, y, x + side, y + side)).resize((size, size), chance.choice([Image.LANCZOS, Image.BILINEAR]))


@pytest.mark.parametrize(("side", "size"), [(160, 160), (200, 120), (300, 180), (320, 128)])
def test_a_crop_is_found_in_the_picture_that_it_was_cut_from(side, size):
    chance = random.Random(side)
    crops = dataset([jpeg(cut(whole, chance, side, size), chance.randint(60, 90)) for whole in WHOLES], name="crops")
    matches = leaks.between(crops, dataset(WHOLES, name="wholes"))
    assert found(matches) == {(f"crops/{index}", f"wholes/{index}") for index in range(len(WHOLES))}
    assert all(leaks.MIN_SIMILARITY <= match.similarity < 1 for match in matches)


def test_two_crops_that_overlap_are_found():
    left, right = WHOLES[0].crop((0, 0, 260, 260)), WHOLES[0].crop((100, 60, 360, 320))
    assert len(leaks.between(dataset([left]), dataset([jpeg(right, 70)]))) == 1


def test_a_caption_does_not_hide_a_copy():
    copy = WHOLES[1].copy()
    ImageDraw.Draw(copy).rectangle((0, 250, 480, 330), fill="white")
    assert len(leaks.between(dataset([WHOLES[1]]), dataset([copy]))) == 1


def test_different_pictures_share_nothing():
    assert leaks.between(dataset(WHOLES[:3]), dataset(WHOLES[3:])) == []


def test_two_skies_are_not_one_picture():
    assert leaks.between(dataset([sky(1)]), dataset([sky(2)])) == []


def test_two_faces_are_not_one_picture():
    assert (
        leaks.between(dataset([face(seed) for seed in range(4)]), dataset([face(seed) for seed in range(4, 8)])) == []
    )


def test_one_thing_in_two_pictures_is_not_one_picture():
    first, second = scene(20), scene(21)
    for canvas in (first, second):
        canvas.paste(WHOLES[2].crop((0, 0, 90, 90)), (150, 120))
    assert leaks.between(dataset([first]), dataset([second])) == []


def test_equal_files_are_found_whatever_their_size():
    small = jpeg(Image.new("RGB", (32, 32), "red"))
    (match,) = leaks.between(dataset([small, WHOLES[0]]), dataset([WHOLES[3], small], name="other"))
    assert (match.first.name, match.second.name, match.similarity) == ("made/0", "other/1", 1.0)


def test_within_a_set_only_different_owners_are_compared_and_once():
    whole, crop = jpeg(WHOLES[0]), WHOLES[0].crop((40, 40, 240, 240))
    matches = leaks.across_owners(dataset([whole, whole, crop, crop], owners=["a", "a", "a", "b"]))
    assert found(matches) == {("made/0", "made/3"), ("made/1", "made/3"), ("made/2", "made/3")}
    assert matches[0].similarity == 1.0


def test_progress_is_said():
    said = []
    leaks.between(dataset(WHOLES[:1]), dataset(WHOLES[1:3]), said.append)
    assert said[:2] == ["1 of 1 pictures described", "2 of 2 pictures described"]


def test_sets_without_a_keypoint_share_nothing():
    flat = jpeg(Image.new("RGB", (100, 100), "white"))
    assert leaks.between(dataset([flat]), dataset([jpeg(Image.new("RGB", (90, 90), "white"))])) == []
