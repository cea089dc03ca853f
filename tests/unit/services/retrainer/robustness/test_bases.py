from services.retrainer.robustness.bases import BASES, id_card, matched_view, raw
from tests.unit.services.retrainer.robustness.made import texture


def test_raw_is_the_picture_as_it_came():
    assert raw(texture(0), "a").tobytes() == texture(0).tobytes()


def test_the_matched_view_follows_from_the_name_alone():
    image = texture(0, width=400, height=400)
    assert matched_view(image, "a").tobytes() == matched_view(image, "a").tobytes()
    assert matched_view(image, "a").tobytes() != matched_view(image, "b").tobytes()


def test_an_id_card_shows_the_middle_at_35_to_45():
    image = texture(0, width=1200, height=900)
    image.paste((255, 0, 0), (0, 0, 200, 900))  # far from the middle
    card = id_card(image, "a")
    assert card.size == (413, 531)
    assert max(red - green for red, green, _ in card.resize((20, 20)).get_flattened_data()) < 60


def test_a_small_portrait_is_not_enlarged():
    assert id_card(texture(0, width=70, height=90), "a").size == (70, 90)


def test_the_bases_go_by_the_names_that_a_command_takes():
    assert set(BASES) == {"raw", "matched", "id-card"}
