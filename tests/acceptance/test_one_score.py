"""The pictures that people send: an answer to each, and the same one from the network, the version and the command."""

import io
import json

import httpx
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageOps

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

from services.retrainer.training.left_out import picture_logit  # noqa: E402
from services.retrainer.versions.restored import restore  # noqa: E402
from shared import scoring  # noqa: E402
from shared.domain.job import Lane  # noqa: E402
from shared.imaging.decode import decode  # noqa: E402
from shared.imaging.limits import Limits  # noqa: E402
from shared.imaging.prepare import prepare  # noqa: E402
from shared.scoring.calibration import probability  # noqa: E402
from shared.scoring.picture import Picture  # noqa: E402
from shared.scoring.session import Model  # noqa: E402

LIMITS = Limits(max_pixels=80_000_000, max_side=30_000)
TURNED = 6
"""EXIF orientation: the telephone was held upright, its sensor lay on its side."""


def scene(width, height, seed=0):
    """Soft shapes with a sensor's noise."""
    random = np.random.default_rng(seed)
    small = Image.fromarray(random.integers(0, 256, (12, 16, 3), np.uint8))
    soft = small.resize((width, height), Image.Resampling.BICUBIC)
    grain = Image.fromarray(random.integers(0, 256, (512, 512, 3), np.uint8)).resize((width, height), 0)
    return Image.blend(soft, grain, 0.04)


def saved(image, name, **options):
    file = io.BytesIO()
    image.save(file, name, **options)
    return file.getvalue()


def phone_photograph():
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = TURNED, "Telephone"
    return saved(scene(4032, 3024), "JPEG", quality=88, exif=exif)


def drawing():
    """Ink and wash on paper."""
    random = np.random.default_rng(1)
    page = Image.new("RGB", (1200, 900), (250, 247, 240))
    draw = ImageDraw.Draw(page)
    for _ in range(40):
        line = [tuple(point) for point in np.cumsum(random.normal(0, 60, (12, 2)), 0) + random.uniform(200, 900, 2)]
        draw.line(line, fill=(30, 30, 40), width=int(random.integers(1, 6)), joint="curve")
    draw.ellipse((300, 250, 760, 700), fill=(180, 60, 50), outline=(20, 20, 20), width=4)
    return saved(page.filter(ImageFilter.GaussianBlur(0.6)), "PNG")


def screenshot():
    page = Image.new("RGB", (1280, 800), (245, 245, 248))
    draw = ImageDraw.Draw(page)
    draw.rectangle((0, 0, 1280, 56), fill=(35, 60, 110))
    for row in range(24):
        draw.text(
            (40, 80 + 28 * row), f"{row:02} the quick brown fox jumps over the lazy dog {row * 7919}", (20, 20, 20)
        )
    page.paste(scene(420, 300), (800, 120))
    return saved(page, "PNG")


def twenty_megapixels():
    return saved(scene(5472, 3648, seed=2), "JPEG", quality=92)


SENT = {made.__name__: made for made in (phone_photograph, drawing, screenshot, twenty_megapixels)}


@pytest.fixture(scope="module")
def directory():
    return scoring.shipped()[-1]


@pytest.fixture(scope="module")
def model(directory):
    return Model.load(directory, provider="cpu", threads=1)


@pytest.fixture(scope="module")
def network(directory):
    """What was trained, from the version's weights."""
    torch.set_num_threads(1)
    return restore(directory)


@pytest.fixture(scope="module", params=SENT)
def data(request):
    return SENT[request.param]()


@pytest.fixture(scope="module")
def answer(data, service, jinwi, tmp_path_factory):
    """What `jinwi verify` says of the file."""
    file = tmp_path_factory.mktemp("sent") / "picture"
    file.write_bytes(data)
    said = jinwi("verify", str(file), "--json", JINWI_URL=service.url, JINWI_API_KEY=service.key)
    assert said.returncode == 0, said.stdout + said.stderr
    return json.loads(said.stdout.splitlines()[-1])


def test_each_is_answered_and_the_score_is_that_of_the_network(data, answer, service, directory, model, network):
    assert answer["state"] == "done"
    result = answer["result"]
    assert result["model"]["version"] == directory.name

    image, card, lane = decode(data, LIMITS).image, model.card, Lane.INTERACTIVE
    pixels = prepare(image, card.input, lane)
    [served] = model.score_pictures([Picture(pixels=pixels, width=image.width, height=image.height, lane=lane)])
    assert result["ai_probability"] == round(served.probability, 4)
    trained = picture_logit(network, image, card.input, lane)
    assert trained == pytest.approx(served.logit, abs=1e-4)
    calibration = card.calibration.of(lane, min(image.size))
    assert float(probability(np.array(trained), calibration)) == pytest.approx(result["ai_probability"], abs=1e-4)

    low, high = result["thresholds"]["likely_human"], result["thresholds"]["likely_ai"]
    if result["verdict"] == "uncertain":
        assert low < result["ai_probability"] < high or result["reasons"]
    else:
        assert (result["ai_probability"] >= high) == (result["verdict"] == "likely_ai")


def test_its_map_lies_over_the_picture_as_people_see_it(data, answer, service):
    headers = {"Authorization": f"Bearer {service.key}"}
    drawn = httpx.get(f"{service.url}{answer['result']['evidence']['map']}", headers=headers).raise_for_status()
    with Image.open(io.BytesIO(data)) as sent, Image.open(io.BytesIO(drawn.content)) as overlay:
        width, height = ImageOps.exif_transpose(sent).size
        assert overlay.mode == "RGBA"
        assert overlay.width / overlay.height == pytest.approx(width / height, rel=0.01)
