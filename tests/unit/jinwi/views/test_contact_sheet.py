import base64
import importlib
import io
import random
from html.parser import HTMLParser

import pytest
from PIL import Image

from jinwi.inputs.find import Input
from jinwi.inputs.verify import Ended, Tally
from jinwi.results.jobs import Job
from jinwi.results.models import Model
from jinwi.texts.english import ENGLISH
from jinwi.texts.korean import KOREAN
from jinwi.views import thumbnail
from jinwi.views.contact_sheet import contact_sheet
from shared.imaging.decode import decode
from tests.unit.jinwi.conftest import CARD, job_document, result_document
from tests.unit.shared.imaging.pictures import DISPLAY_P3_PRIMARIES, LIMITS, gamma_curve, rgb_profile

MODEL = Model.from_document({"version": "0.1.0", "aliases": ["champion"], "card": CARD})


class Page(HTMLParser):
    """Collects tags, the text, and what would be loaded from elsewhere."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.sources: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.sources += [value for name, value in attrs if name in {"src", "href"}]

    def handle_data(self, data):
        self.text += data


def ended(path=None, name="a.jpg", **changed):
    return Ended(input=Input(number=0, name=name, path=path), job=Job.from_document(job_document("7", **changed)))


def sheet(tmp_path, *all_ended, model=MODEL, language=ENGLISH):
    path, tally = tmp_path / "sheet.html", Tally()
    with contact_sheet(path, tally, model, language) as sink:
        for each in all_ended:
            tally.add(each)
            sink.add(each)
    return Page(path.read_text(encoding="utf-8"))


@pytest.fixture
def photograph(tmp_path):
    path = tmp_path / "photograph.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: turned by a quarter
    Image.effect_mandelbrot((800, 400), (-3, -2.5, 2, 2.5), 50).convert("RGB").save(path, exif=exif)
    return path


@pytest.fixture
def no_pillow(monkeypatch):
    real = importlib.import_module

    def missing(name, *args):
        if name.startswith("PIL"):
            raise ModuleNotFoundError(name)
        return real(name, *args)

    thumbnail._pillow.cache_clear()
    monkeypatch.setattr(thumbnail.importlib, "import_module", missing)
    yield
    thumbnail._pillow.cache_clear()


def decoded(uri: str) -> tuple[str, bytes]:
    kind, data = uri.removeprefix("data:").split(";base64,")
    return kind, base64.b64decode(data)


def test_a_sheet_shows_picture_probabilities_verdict_and_reasons(tmp_path, photograph):
    reason = {"code": "out_of_range", "detail": "Measured on 32 px."}
    page = sheet(tmp_path, ended(photograph, "photo.jpg", result=result_document(0.51, "uncertain", reason)))
    assert page.tags.count("figure") == page.tags.count("img") == 1
    for text in ("photo.jpg", "AI probability", "51 %", "Human probability", "49 %", "uncertain", "32 px"):
        assert text in page.text


def test_counts_and_expected_false_accusations_stand_above_the_pictures(tmp_path):
    page = sheet(tmp_path, *[ended()] * 100)
    above, _ = page.text.split("a.jpg", 1)
    assert "Images: 100." in above
    assert "about 5.0 of them (3.0 to 8.0)" in above
    assert ENGLISH.advisory in above


def test_a_sheet_speaks_korean(tmp_path):
    page = sheet(tmp_path, ended(), language=KOREAN, model=None)
    for text in ("AI 생성 확률", "인간 제작 확률", "불확실", KOREAN.advisory, KOREAN.no_card):
        assert text in page.text


def test_a_sheet_loads_nothing_from_elsewhere_and_runs_nothing(tmp_path, photograph):
    page = sheet(tmp_path, ended(photograph))
    assert all(source.startswith("data:image/") for source in page.sources)
    assert "script" not in page.tags


def test_names_and_reasons_are_text_and_never_markup(tmp_path):
    evil = "<script>alert(1)</script>\udce9\u202e.jpg"
    page = sheet(
        tmp_path,
        ended(name=evil, state="failed", error={"reason": "new", "detail": "<img src=x>"}),
        Ended(input=Input(number=1, name="{0}", path=None), problem={"title": "<b>No</b>"}),
    )
    assert not {"script", "img", "b"} & set(page.tags)
    assert r"<script>alert(1)</script>\udce9\u202e.jpg" in page.text
    assert "<img src=x>" in page.text
    assert "{0}" in page.text


def test_an_interrupted_sheet_is_still_a_page(tmp_path):
    path, tally = tmp_path / "sheet.html", Tally()

    def interrupted():
        with contact_sheet(path, tally, MODEL, ENGLISH) as sink:
            sink.add(ended())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_text(encoding="utf-8").rstrip().endswith("</html>")
    assert [each.name for each in tmp_path.iterdir()] == ["sheet.html"]


def test_a_thumbnail_is_small_and_upright(photograph):
    kind, data = decoded(thumbnail.data_uri(photograph))
    assert kind == "image/jpeg"
    assert Image.open(io.BytesIO(data)).size == (120, 240)


@pytest.mark.parametrize("mode", ["RGBA", "P", "L", "CMYK", "I;16", "1"])
def test_every_kind_of_pixel_has_a_thumbnail(tmp_path, mode):
    path = tmp_path / "image.tiff"
    Image.new(mode, (300, 200)).save(path)
    assert decoded(thumbnail.data_uri(path))[0] == "image/jpeg"


@pytest.mark.parametrize("mode", ["I;16", "I"])
def test_a_grey_of_16_bits_is_as_bright_as_the_picture(tmp_path, mode):
    path = tmp_path / "grey.tiff"
    Image.new(mode, (300, 200), 32_896).save(path)
    _, data = decoded(thumbnail.data_uri(path))
    assert Image.open(io.BytesIO(data)).getpixel((5, 5)) == pytest.approx((128, 128, 128), abs=2)


def saved(folder, image, **options):
    path = folder / "image.png"
    image.save(path, **options)
    return path


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_a_transparent_picture_is_shown_on_white_as_it_was_scored(tmp_path, mode):
    black = Image.new("L", (64, 64), 0).convert(mode)
    if mode != "P":
        black.putalpha(0)
    picture = thumbnail.picture(saved(tmp_path, black, transparency=0 if mode == "P" else None), 32)
    assert picture.size == (32, 32)
    assert picture.getpixel((16, 16)) == (255, 255, 255)


def test_a_picture_is_shown_in_the_colours_of_its_profile(tmp_path):
    path = tmp_path / "image.jpg"
    profile = rgb_profile(curve=gamma_curve(8))
    Image.new("RGB", (800, 600), (200, 200, 200)).save(path, icc_profile=profile, quality=95)
    assert thumbnail.picture(path, 64).getpixel((5, 5)) == pytest.approx((106, 106, 106), abs=2)


@pytest.mark.parametrize("size", [(400, 200), (90, 60)])
def test_a_picture_is_the_one_that_was_scored_but_small(tmp_path, size):
    exif = Image.Exif()
    exif[0x0112] = 6
    gradient = Image.merge("RGBA", [Image.linear_gradient("L").rotate(90 * turn).resize(size) for turn in range(4)])
    path = saved(tmp_path, gradient, exif=exif, icc_profile=rgb_profile(DISPLAY_P3_PRIMARIES))
    scored = decode(path.read_bytes(), LIMITS).image
    assert thumbnail.picture(path, 400).tobytes() == scored.tobytes()


def test_a_link_has_words_for_a_picture(tmp_path):
    page = sheet(tmp_path, ended(name="https://example.com/a.jpg"))
    assert "no preview: a link" in page.text


def test_a_damaged_or_missing_file_has_no_thumbnail(tmp_path, photograph):
    damaged = tmp_path / "damaged.jpg"
    damaged.write_bytes(photograph.read_bytes()[:300])
    assert thumbnail.data_uri(damaged) is None
    assert thumbnail.data_uri(tmp_path / "missing.jpg") is None


def test_a_picture_of_too_many_pixels_is_left_out(photograph, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 800 * 400 - 1)
    assert thumbnail.data_uri(photograph) is None


def test_without_pillow_a_small_file_stands_for_itself(no_pillow, photograph, tmp_path):
    assert decoded(thumbnail.data_uri(photograph)) == ("image/jpeg", photograph.read_bytes())
    big = tmp_path / "big.jpg"
    big.write_bytes(b"\xff\xd8\xff" + random.Random(1).randbytes(thumbnail.SMALL_BYTES))
    assert thumbnail.data_uri(big) is None
    text = tmp_path / "page.html"
    text.write_text("<script>")
    assert thumbnail.data_uri(text) is None
