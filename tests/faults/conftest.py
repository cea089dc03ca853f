"""A stack for all fault tests, and a tenant, a receiver and a load for each."""

import functools
from itertools import count

import pytest

from shared.domain.tenant import Scope
from shared.imaging.decode import decode
from shared.imaging.limits import Limits
from shared.imaging.prepare import prepare
from shared.scoring.picture import Picture
from shared.scoring.session import Model
from shared.storage import tenants
from tests.faults.load import Load
from tests.faults.receiver import receive
from tests.faults.system import CHAMPION, System
from tests.faults.trial import Trial, append

_numbers = count(1)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """A test that failed shows what the stack said last, for its folder is gone with the tests."""
    report = yield
    if report.failed:
        item.session.stash[broken] = True
        if system := getattr(item, "funcargs", {}).get("system"):
            report.sections += [(log.name, tail(log)) for log in sorted(system.logs.glob("*.log"))]
    return report


def tail(log, lines=40):
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


broken = pytest.StashKey[bool]()
"""After a test that failed, the next one gets a new stack: what the old one still holds is anybody's guess."""


@pytest.fixture(scope="package")
def systems(folder, request):
    """The stack that runs, made anew when there is none or when a test has failed on it."""
    running = []

    def give():
        if running and request.session.stash.get(broken, False):
            running.pop().stop()
        if not running:
            request.session.stash[broken] = False
            system = System(folder / f"faults-{next(_numbers)}")
            running.append(system)
            system.start()
        return running[0]

    yield give
    for system in running:
        system.stop()


@pytest.fixture
def system(systems):
    made = systems()
    made.heal()
    return made


@pytest.fixture(scope="package")
def expected():
    """What the champion says of some bytes, without any service."""
    loaded = []

    @functools.cache
    def score(data, lane):
        [model] = loaded
        decoded = decode(data, Limits(max_pixels=10_000_000, max_side=30_000))
        pixels = prepare(decoded.image, model.card.input, lane)
        [said] = model.score_pictures([Picture(pixels=pixels, width=decoded.width, height=decoded.height, lane=lane)])
        return round(said.probability, 4)

    def load(system):
        if not loaded:
            loaded.append(Model.load(system.home / "versions" / CHAMPION, provider="cpu", threads=1))
        return score

    return load


@pytest.fixture
def new_trial(system, expected, request):
    """Makes trials: of a receiver, as a tenant of its own, under the name of the test or another."""

    def make(receiver, *, name=None, callback_url=...):
        with system.database.transaction() as connection:
            tenant, secret = tenants.create(connection, f"faults-{next(_numbers)}")
            _, key = tenants.create_key(connection, tenant["id"], "faults", set(Scope))
        callback_url = receiver.hook if callback_url is ... else callback_url
        return Trial(
            part=request.path.stem.removeprefix("test_").capitalize(),
            name=name or readable(request.node.name),
            system=system,
            tenant_id=tenant["id"],
            secret=secret,
            load=Load(url=system.url, api_key=key, receiver=receiver, callback_url=callback_url),
            receiver=receiver,
            expected=expected(system),
            record=append,
        )

    return make


def readable(test):
    """`test_a_receiver_that[holds]`: a receiver that holds."""
    name, _, variant = test.removeprefix("test_").replace("_", " ").partition("[")
    return f"{name} {variant.rstrip(']')}".strip()


@pytest.fixture
def receiver():
    with receive() as made:
        yield made


@pytest.fixture
def trial(new_trial, receiver):
    return new_trial(receiver)
