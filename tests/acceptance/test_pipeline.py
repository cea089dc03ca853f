"""Two hundred images through real processes, a worker killed half-way, and every result exactly once."""

import io
import json
import random
import signal
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
import pytest
from PIL import Image

from jinwi import Client
from shared import scoring
from shared.domain.job import Lane
from shared.imaging.decode import decode
from shared.imaging.limits import Limits
from shared.imaging.prepare import prepare
from shared.scoring.picture import Picture
from shared.scoring.session import Model
from tests.processes import of_stack, wait_until
from tests.webserver import serve

FILES, LINKS, BROKEN, GONE = 140, 44, 10, 6
FORMATS = ["JPEG", "PNG", "WEBP", "GIF"]
PATIENCE = 120


def picture(number: int) -> bytes:
    """A picture unlike any other; every fourth lies outside the model's range."""
    rng = np.random.default_rng(number)
    size = (48, 40) if number % 4 == 3 else (160, 140)
    pixels = rng.integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, FORMATS[number % len(FORMATS)])
    return file.getvalue()


@pytest.fixture(scope="module")
def expected():
    """What the shipped model says of some bytes, without any service: (probability, reason codes)."""
    model = Model.load(scoring.shipped()[-1], provider="cpu", threads=1)

    def score(data: bytes, lane: Lane) -> tuple[float, list[str]]:
        decoded = decode(data, Limits(max_pixels=1_000_000, max_side=1_000))
        pixels = prepare(decoded.image, model.card.input, lane)
        [said] = model.score_pictures([Picture(pixels=pixels, width=decoded.width, height=decoded.height, lane=lane)])
        probability, thresholds = round(said.probability, 4), model.card.thresholds
        view = model.domains.view(said.embedding, lane, thresholds.likely_ai)
        reasons = [
            *model.card.range.reasons(decoded.width, decoded.height),
            *view.reasons(probability, thresholds),
        ]
        return probability, [reason.code for reason in reasons]

    return score


def kill_the_scorer(home) -> list[int]:
    """SIGKILL to every process of the scoring worker of this stack; their ids."""
    processes = of_stack(home, "score@")
    for process in processes:
        process.send_signal(signal.SIGKILL)
    return [process.pid for process in processes]


def count_jobs(service) -> Counter:
    """Jobs by state, as the metrics show them."""
    counted = Counter()
    for line in httpx.get(f"{service.url}/metrics").text.splitlines():
        if line.startswith("jinwi_jobs{"):
            labels, value = line.rsplit(" ", 1)
            counted[labels.split('state="')[1].split('"')[0]] += int(float(value))
    return counted


def test_two_hundred_images_survive_a_killed_worker_each_with_one_right_result(service, expected):
    files = [picture(number) for number in range(FILES)]
    linked = {f"/{number}.img": picture(1000 + number) for number in range(LINKS)}
    broken = [picture(2000 + number)[: 150 + number] for number in range(BROKEN)]
    before = count_jobs(service)

    def answer(asked):
        if asked.method == "POST":
            return 204, {}, b""
        return (200, {}, linked[asked.path]) if asked.path in linked else (404, {}, b"gone")

    with serve(answer) as web, Client(service.url, service.key) as client:
        inputs = [*files, *[f"{web.url}{path}" for path in linked], *broken]
        inputs += [f"{web.url}/gone/{number}" for number in range(GONE)]
        random.Random(1).shuffle(inputs)
        half, killed = len(inputs) // 2, []

        def submit(place):
            if place == half:
                killed.extend(kill_the_scorer(service.home))
            options = {"external_id": f"image-{place}", "callback_url": f"{web.url}/hook"}
            return client.submit(inputs[place], lane="bulk" if place % 2 else "interactive", **options)

        with ThreadPoolExecutor(4) as pool:
            submitted = list(pool.map(submit, range(len(inputs))))
            jobs = list(pool.map(lambda job: client.wait(job, timeout=PATIENCE), submitted))
        assert killed
        wait_until(lambda: len(webhooks(web)) >= len(inputs), PATIENCE)

    assert len({job.id for job in jobs}) == len(inputs) == 200
    for source, job in zip(inputs, jobs, strict=True):
        data = source if isinstance(source, bytes) else linked.get(source.removeprefix(web.url))
        if data is None:
            assert (job.state, job.error.reason) == ("failed", "unreachable")
        elif data in broken:
            assert (job.state, job.error.reason) == ("failed", "undecodable")
        else:
            assert job.state == "done"
            assert (job.result.ai_probability, [reason.code for reason in job.result.reasons]) == expected(
                data, Lane(job.lane)
            )
            assert job.result.ai_probability + job.result.human_probability == pytest.approx(1)
    assert webhooks(web) == {job.id: str(job.state) for job in jobs}
    wait_until(lambda: count_jobs(service) - before == Counter(done=FILES + LINKS, failed=BROKEN + GONE))


def webhooks(web) -> dict[str, str]:
    """The state that each job's webhook told; a job told twice is told under one webhook id."""
    events, identifiers = {}, {}
    for asked in web.asked:
        if asked.method == "POST":
            data = json.loads(asked.body)["data"]
            identifier = asked.headers["webhook-id"]
            assert identifiers.setdefault(data["id"], identifier) == identifier
            events[data["id"]] = data["state"]
    return events
