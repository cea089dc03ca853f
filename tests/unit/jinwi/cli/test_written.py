"""What `jinwi verify` writes beside its table: CSV, contact sheet and maps."""

import csv
import io

from PIL import Image

from tests.unit.jinwi.conftest import PNG, problem


def two_halves(mode, left, right):
    image = Image.new(mode, (40, 20), right)
    image.paste(left, (0, 0, 20, 20))
    return image


def encoded(image, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def test_csv_and_contact_sheet_are_written_beside_the_table(command, folder, tmp_path):
    table, sheet = tmp_path / "out.csv", tmp_path / "out.html"
    assert command("verify", folder, "--csv", table, "--html", sheet).exit_code == 0
    with table.open(newline="") as file:
        assert sorted(row["ai_probability"] for row in csv.DictReader(file)) == [f"0.{n}" for n in range(1, 10)]
    page = sheet.read_text(encoding="utf-8")
    assert page.count("<figure") == 9
    assert "about 0.5 of them (0.3 to 0.7)" in page


def test_a_key_that_may_not_see_models_still_gets_its_sheet(command, jinwi, folder, tmp_path):
    jinwi.routes[("GET", "/v1/models/champion")] = problem(403, "Forbidden", "Needs scope models.")
    sheet = tmp_path / "out.html"
    assert command("verify", folder, "--html", sheet).exit_code == 0
    assert "is not known" in sheet.read_text(encoding="utf-8")


def test_a_file_that_cannot_be_written_is_said_before_anything_is_submitted(command, jinwi, folder, tmp_path):
    result = command("verify", folder, "--csv", tmp_path / "nowhere" / "out.csv")
    assert result.exit_code == 1
    assert result.stderr.strip().endswith(f"No such file or folder: {tmp_path / 'nowhere' / 'out.csv'}")
    assert jinwi.submissions() == []


def test_maps_are_written_with_their_images_under_them(command, jinwi, tmp_path):
    jinwi.map = encoded(two_halves("RGBA", (255, 0, 0, 255), (0, 0, 0, 0)), "PNG")
    exif = Image.Exif()
    exif[0x0112] = 6
    (tmp_path / "in").mkdir()
    upright = two_halves("RGB", "blue", "blue").resize((20, 10))
    (tmp_path / "in" / "photo.png").write_bytes(encoded(upright, "PNG", exif=exif) + bytes([90]))
    (tmp_path / "in" / "cut.png").write_bytes(PNG + bytes([90]))
    result = command("verify", tmp_path / "in", "https://example.com/cat.jpg", "--map", tmp_path / "maps")
    assert result.exit_code == 0
    assert sorted(path.name for path in (tmp_path / "maps").iterdir()) == [
        "0001-cut.png",
        "0002-photo.jpg",
        "0003-cat.png",
    ]
    for bare in ("0001-cut.png", "0003-cat.png"):
        assert (tmp_path / "maps" / bare).read_bytes() == jinwi.map
    with Image.open(tmp_path / "maps" / "0002-photo.jpg") as laid:
        assert laid.size == (10, 20)
        left, right = laid.getpixel((2, 10)), laid.getpixel((8, 10))
    assert left[0] - left[2] > 150
    assert right[2] - right[0] > 150
    assert f"written to {tmp_path / 'maps'}: 3." in result.stderr


def test_a_transparent_picture_lies_on_white_under_its_map(command, jinwi, tmp_path):
    jinwi.map = encoded(Image.new("RGBA", (40, 20), (0, 0, 0, 0)), "PNG")
    (tmp_path / "in").mkdir()
    logo = encoded(two_halves("RGBA", (255, 0, 0, 255), (0, 0, 0, 0)), "PNG")
    (tmp_path / "in" / "logo.png").write_bytes(logo + bytes([90]))
    command("verify", tmp_path / "in", "--map", tmp_path / "maps")
    with Image.open(tmp_path / "maps" / "0001-logo.jpg") as laid:
        assert min(laid.getpixel((35, 10))) > 240


def test_images_without_a_map_write_none(command, folder, tmp_path):
    result = command("verify", folder, "--map", tmp_path / "maps")
    assert result.exit_code == 0
    assert list((tmp_path / "maps").iterdir()) == []
    assert ": 0." in result.stderr


def test_a_map_erased_meanwhile_costs_the_run_nothing(command, jinwi, folder, tmp_path):
    jinwi.map = PNG
    journal, maps = tmp_path / "journal", tmp_path / "maps"
    command("verify", folder, "--resume", journal)
    jinwi.map = None
    result = command("verify", folder, "--resume", journal, "--map", maps)
    assert result.exit_code == 0
    assert list(maps.iterdir()) == []
