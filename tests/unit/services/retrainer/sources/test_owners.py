import pytest

from services.retrainer.sources.owners import owner_of


@pytest.mark.parametrize(
    ("group", "owner"),
    [
        ("bsds", "bsds"),
        ("mate-desktop+mate-backgrounds", "mate-desktop"),
        ("photo_GianlucaMancusi+Paintings", "GianlucaMancusi"),
        ("art_LineageOS+android_packages_apps_Backgrounds", "LineageOS"),
        ("ValyriaTear_manual", "ValyriaTear"),
        ("t2i_PixArt-XL-2-512x512", "t2i"),
        ("libretro-thumbnails+Sharp_-_X68000", "libretro"),
        ("libretro_X68000_boxart", "libretro"),
        ("t2image+gallery", "t2image"),
        ("artist_photo_club+x", "artist_photo_club"),
    ],
)
def test_a_groups_name_gives_its_owner(group, owner):
    assert owner_of(group) == owner
