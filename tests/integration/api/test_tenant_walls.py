"""One tenant never reads, changes or infers what is another's: tried on every route of the running API.

A and B are tenants. B asks for what is A's, and for what nobody ever had: the two answers must not differ. What a route
takes is read from its own OpenAPI document; a name that is not known here makes the test fail, not the route pass.
"""

import itertools
import random
import re
import statistics
import time
from collections import Counter
from dataclasses import dataclass
from uuid import UUID, uuid4

import httpx
import pytest

from services.api import cursor
from shared.domain.fingerprint import Fingerprint
from shared.domain.tenant import Scope
from shared.storage import references
from shared.storage.references import Reference
from tests.integration.factories import claim, done, finish, get, make_tenant, picture
from tests.openapi import Operation, operations, stand_in
from tests.proxy import recording

TENANT_SCOPES = set(Scope) - {Scope.ADMIN, Scope.LABEL}

SECRET = "of-tenant-a"
"""In all that A says of itself, so that it can be looked for in what B is told."""

# Parameters that name nothing of a tenant: by them a list is only narrowed, or what belongs to all is named.
FREE = {
    "limit": ["1", "200"],
    "state": [
        "queued",
        "running",
        "done",
        "failed",
        "dead",
        "erased",
        "pending",
        "held",
        "delivered",
        "cancelled",
        "open",
    ],
    "event": ["job.done", "job.reviewed"],
    "verdict": ["likely_human", "uncertain", "likely_ai"],
    "review": ["none", "overturned", "disputed"],
    "number": ["1"],
    "created_after": ["1970-01-01T00:00:00Z", "2026-01-01T00:00:00+09:00"],
    "created_before": ["2100-01-01T00:00:00Z"],
    "action": ["key.created"],
    "since": ["1970-01-01T00:00:00Z"],
    "version": ["champion", "99.9.9"],
    "why": ["never served"],
    "lane": ["bulk"],
    "label": ["human", "ai"],
    "part": ["train", "guard"],
    "owner": ["kim"],
    "sha256": ["0" * 64],
    "after": ["0" * 64],
    "run_id": ["019a0b8e-6f5c-7c3e-9f52-3d6c4f1f2a10"],
}

# Routes without a name of a tenant's, and why B may go them: each is tried all the same.
SHARED = {
    "POST /v1/jobs": "makes B's own; see the twins below",
    "GET /v1/webhooks": "B's own",
    "GET /v1/reference-indexes": "B's own",
    "POST /v1/webhooks": "makes B's own",
    "GET /v1/models": "the installation's",
    "POST /v1/models": "the installation's",
    "GET /v1/models/changelog": "the installation's",
    "GET /v1/models/{version}": "the installation's",
    "DELETE /v1/models/{version}": "the installation's",
    "GET /v1/models/{version}/archive": "the installation's",
    "POST /v1/models/{version}/promote": "the installation's",
    "POST /v1/models/rollback": "the installation's",
    "GET /v1/gold": "the installation's",
    "POST /v1/gold": "the installation's",
    "DELETE /v1/gold/{sha256}": "the installation's",
    "GET /v1/spot-checks": "the operator's",
    "GET /v1/retraining": "the installation's",
    "POST /v1/retraining": "the installation's",
    "GET /v1/retraining/{run_id}": "the installation's",
    "POST /v1/retraining/{run_id}/cancel": "the installation's",
    "POST /v1/models/freeze": "the installation's",
    "POST /v1/models/unfreeze": "the installation's",
    "GET /v1/models/{version}/rollout": "the installation's, and sums alone",
    "POST /v1/models/{version}/rollout": "the installation's",
    "DELETE /v1/models/{version}/rollout": "the installation's",
    "GET /v1/lanes": "the installation's",
    "PUT /v1/lanes/{lane}": "the administrator's",
    "GET /v1/tenants": "the administrator's",
    "POST /v1/tenants": "the administrator's",
    "POST /v1/keys": "the administrator's",
    "GET /health/live": "without a key",
    "GET /health/ready": "without a key",
    "GET /metrics": "without a key, and sums alone",
}

# What an answer carries of the request itself, or of how much B has asked already.
_OF_THE_REQUEST = {"x-request-id", "ratelimit", "date"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Theirs:
    """What A has under one parameter's name, and for each value one of the same form that nobody has."""

    values: list[str]
    nobodys: list[str]

    def pairs(self) -> list[tuple[str, str]]:
        return list(zip(self.values, self.nobodys, strict=True))


@pytest.fixture
def tenant_a(connect, new_key, tenant, database, store, shipped):
    """A with a job of every kind: waiting, ended and reviewed, erased; and an endpoint that was told of them."""
    client = connect(new_key())
    endpoint = client.post("/v1/webhooks", json={"url": f"https://example.com/{SECRET}", "description": SECRET}).json()
    labels = {"external_id": SECRET, "metadata": f'{{"author": "{SECRET}"}}'}
    ended = client.upload(picture((1, 1, 1)), headers={"Idempotency-Key": SECRET}, **labels).json()["id"]
    for held in claim(database):
        finish(database, done(held))
    review = {"label": "human", "reason": SECRET, "reviewer": SECRET}
    assert client.post(f"/v1/jobs/{ended}/review", json=review).status_code == 201
    path = client.post(f"/v1/jobs/{ended}/links", json={}).json()["path"]
    said = {"message": SECRET, "contact": SECRET}
    sent = connect(None).post(f"{path}/appeals", data=said, files={"files": (SECRET, SECRET.encode())})
    assert sent.status_code == 303
    link = {"url": f"https://example.com/{SECRET}", "external_id": SECRET, "callback_url": "https://example.com/hook"}
    waiting = client.post("/v1/jobs", json=link).json()["id"]
    erased = client.upload(picture((2, 2, 2)), **labels).json()["id"]
    client.delete(f"/v1/jobs/{erased}")
    with database.transaction() as connection:
        held = Reference(
            tenant_id=tenant,
            index=SECRET,
            sha256=bytes(32),
            name=SECRET,
            fingerprint=Fingerprint(pdq=bytes(32), quality=90),
        )
        references.keep(connection, [held])
    return {"client": client, "jobs": [ended, waiting, erased], "webhooks": [endpoint["id"]]}


@pytest.fixture
def tenant_b(connect, new_key, database):
    made = make_tenant(database, "tenant-b")
    client = connect(new_key(TENANT_SCOPES, made))
    client.upload(picture((9, 9, 9)), external_id="of-tenant-b")
    client.post("/v1/jobs", json={"url": "https://example.com/b"})
    return client


@pytest.fixture
def theirs(tenant_a, tenant, database):
    """By the name of a parameter. A route with another name needs a line here, or in FREE."""
    keys = [key["id"] for key in tenant_a["client"].get("/v1/keys").json()["keys"]]
    deliveries = [one["id"] for one in tenant_a["client"].get("/v1/webhook-deliveries").json()["deliveries"]]
    assert deliveries
    ended = tenant_a["jobs"][0]
    shown = [*tenant_a["jobs"], *deliveries]
    with database.transaction() as connection:
        [check] = connection.execute(
            "INSERT INTO spot_checks (job_id, tenant_id, kind) VALUES (%s, %s, 'random') RETURNING id",
            [tenant_a["jobs"][0], tenant],
        ).fetchall()
    return {
        "check_id": by_id([str(check["id"])]),
        "job_id": by_id(tenant_a["jobs"]),
        "tenant_id": by_id([str(tenant)]),
        "key_id": by_id(keys),
        "webhook_id": by_id(tenant_a["webhooks"]),
        "delivery_id": by_id(deliveries),
        "link_id": by_id([one["id"] for one in tenant_a["client"].get(f"/v1/jobs/{ended}/links").json()["links"]]),
        "appeal_id": by_id([one["id"] for one in tenant_a["client"].get("/v1/appeals").json()["appeals"]]),
        "external_id": Theirs(values=[SECRET], nobodys=["of-nobody--"]),
        "index_name": Theirs(values=[SECRET], nobodys=["of-nobody--"]),
        "cursor": Theirs(
            values=[cursor.encode(UUID(one)) for one in shown],
            nobodys=[cursor.encode(UUID(near(one))) for one in shown],
        ),
    }


def by_id(ids: list[str]) -> Theirs:
    return Theirs(values=ids, nobodys=[near(one) for one in ids])


def near(known: str) -> str:
    """Another UUIDv7 of the same millisecond."""
    return known[:19] + str(uuid4())[19:]


def routes(client) -> list[Operation]:
    return list(operations(client.get("/openapi.json").json()))


def told(answer: httpx.Response, *asked: str) -> tuple:
    """All that an answer says, with what was asked for left out."""
    headers = {name: value for name, value in answer.headers.items() if name not in _OF_THE_REQUEST}
    text = answer.content.decode("latin-1") + repr(sorted(headers.items()))
    for value in asked:
        text = text.replace(value, "…")
    return answer.status_code, text


def test_what_is_another_tenants_is_as_if_it_did_not_exist(tenant_a, tenant_b, theirs, say):
    before = everything(tenant_a)
    tried, let_through, covered = 0, [], set()
    for route in routes(tenant_b):
        names = [*route.path_schemas, *route.query_schemas]
        unknown = set(names) - theirs.keys() - FREE.keys()
        assert not unknown, (
            f"{route.name} takes {unknown}: say in the fixture `theirs` what tenant A has under that name, "
            "or in FREE why it names nothing of a tenant's"
        )
        owned = [name for name in names if name in theirs]
        assert owned or route.name in SHARED, (
            f"{route.name} names nothing of a tenant's: say in SHARED why another tenant may go it"
        )
        for name in owned:
            for mine, nobodys in theirs[name].pairs():
                elsewhere = {other: stand_in(other, schema) for other, schema in route.path_schemas.items()}
                for extra in ({}, {"Prefer": "wait=1"}, {"If-Match": '"1"'}):
                    answers = [ask(tenant_b, route, elsewhere, {name: value}, extra) for value in (mine, nobodys)]
                    tried += 1
                    if told(answers[0], mine) != told(answers[1], nobodys):
                        let_through.append((route.name, name, [answer.text for answer in answers]))
        covered.add(route.name)
    assert not SHARED.keys() - covered, "SHARED names routes that are gone"
    assert everything(tenant_a) == before, "B changed something of A's"
    say(f"requests for what is another tenant's: {tried} tried, {len(let_through)} let through")
    assert let_through == []


def ask(client, route: Operation, elsewhere, named, headers) -> httpx.Response:
    """With the parameter that is `named`; `elsewhere` are the values of the path's others."""
    url = route.url(**{**elsewhere, **named} if named.keys() <= route.path_schemas.keys() else elsewhere)
    params = {name: value for name, value in named.items() if name in route.query_schemas}
    return client.request(route.method, url, params=params, headers=headers, **route.body)


def leaks(answer, tenant_a, asked) -> bool:
    marks = {SECRET, *tenant_a["jobs"]} - set(asked)
    return any(mark in answer.text for mark in marks)


def everything(tenant_a) -> list[str]:
    """All that A can see of its own."""
    client = tenant_a["client"]
    paths = [
        "/v1/jobs?limit=200",
        "/v1/webhooks",
        "/v1/webhook-deliveries?limit=200",
        "/v1/appeals",
        *(f"/v1/jobs/{job_id}{rest}" for job_id in tenant_a["jobs"] for rest in ("", "/reviews", "/links")),
        "/v1/reference-indexes",
        f"/v1/reference-indexes/{SECRET}",
        *(f"/v1/jobs/{job_id}{rest}" for job_id in tenant_a["jobs"] for rest in ("", "/reviews")),
    ]
    return [client.get(path).text for path in paths] + [client.get("/v1/policy").text]


def test_a_parameter_that_a_route_does_not_know_opens_nothing(tenant_b, tenant_a, theirs, say):
    tried = 0
    for route in routes(tenant_b):
        url = route.url()
        for name, ((mine, nobodys), *_) in ((name, known.pairs()) for name, known in theirs.items()):
            if route.method == "GET" and route.scope and name not in route.query_schemas:
                answers = [tenant_b.get(url, params={name: value}) for value in (mine, nobodys)]
                assert told(answers[0], mine) == told(answers[1], nobodys), (route.name, name)
                assert not leaks(answers[0], tenant_a, (mine,)), (route.name, name)
                tried += 1
    say(f"requests with a name of another tenant's that the route does not know: {tried} tried, 0 let through")


def test_no_list_shows_anything_of_another_tenants(tenant_a, tenant_b, say):
    tried = 0
    for route in routes(tenant_b):
        if route.method != "GET" or route.path_schemas or route.scope is None:
            continue
        names = [name for name in route.query_schemas if name in FREE]
        single = [{name: value} for name in names for value in FREE[name]]
        double = [one | other for one, other in itertools.combinations(single, 2)]
        for params in [{}, *single, *double]:
            answer = tenant_b.get(route.path, params=params)
            assert not leaks(answer, tenant_a, ()), (route.name, params)
            tried += 1
    say(f"lists asked for: {tried}, with something of another tenant's: 0")


@pytest.mark.parametrize("known", ["the image's bytes", "the external id", "the idempotency key", "the link"])
def test_a_submission_of_what_another_tenant_has_is_as_any_other(tenant_a, tenant_b, known):
    """Twins: one with something of A's, one with something that nobody has."""

    def submit(is_theirs: bool):
        image = picture((1, 1, 1)) if is_theirs and known == "the image's bytes" else picture((7, 7, 7))
        name = SECRET if is_theirs else "of-nobody--"
        headers = {"Idempotency-Key": name if known == "the idempotency key" else f"own-{uuid4()}"}
        if known == "the link":
            return tenant_b.post("/v1/jobs", json={"url": f"https://example.com/{name}"}, headers=headers)
        fields = {"external_id": name} if known == "the external id" else {}
        return tenant_b.upload(image, headers=headers, **fields)

    answers = [submit(is_theirs=True), submit(is_theirs=False)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert not {answer.json()["id"] for answer in answers} & set(tenant_a["jobs"])
    assert shape(answers[0]) == shape(answers[1])
    listed = tenant_b.get("/v1/jobs").json()["jobs"]
    assert {answer.json()["id"] for answer in answers} <= {job["id"] for job in listed}


def shape(answer) -> tuple:
    """The answer without what must be its own."""
    job = answer.json()
    own = (job["id"], job["created_at"], job["url"], job["external_id"], (job["image"] or {}).get("sha256"))
    return told(answer, *(value for value in own if value))


def test_erasing_ones_twin_leaves_the_other_tenants_image(tenant_a, tenant_b, tenant, database, store):
    ended = get(database, tenant, UUID(tenant_a["jobs"][0]))
    mine = tenant_b.upload(picture((1, 1, 1))).json()["id"]
    assert tenant_b.delete(f"/v1/jobs/{mine}").json()["state"] == "erased"
    assert store.has_image(tenant, ended.sha256)
    assert tenant_a["client"].get(f"/v1/jobs/{ended.id}").json()["state"] == "done"


@pytest.fixture
def logged(servers, settings, database):
    """Counts the statements that new connections to this database send, as the server's own log has them."""
    name = settings.postgres_dsn.rsplit("/", 1)[1]
    with database.transaction() as connection:
        connection.execute(f"ALTER DATABASE {name} SET log_statement = 'all'")
    kind = re.compile(rb"LOG:  (?:statement|execute [^:]*): *(?:--[^\n]*\n\s*)*(\w+)")

    def since(begin: int) -> tuple[int, Counter]:
        with servers.postgres.log.open("rb") as log:
            log.seek(begin)
            text = log.read()
        return begin + len(text), Counter(word.decode().upper() for word in kind.findall(text))

    return since


def test_bytes_that_another_tenant_has_cost_as_much_work_as_fresh_ones(
    logged, serve, settings, tenant, new_key, database, say
):
    """Deduplication across tenants would tell, by its speed, who has what."""
    other = make_tenant(database, "tenant-b")
    with recording(settings.s3_endpoint) as proxy:
        connect = serve(settings.model_copy(update={"s3_endpoint": proxy.endpoint}))
        owner, stranger = connect(new_key()), connect(new_key(TENANT_SCOPES, other))
        shades = list(range(60))
        random.Random(5).shuffle(shades)
        for shade in range(0, 60, 2):
            owner.upload(picture((shade, 0, 0)))
        stranger.upload(picture((255, 0, 0)))
        # Only the rest of the log counts: what was kept above is behind.
        position, _ = logged(0)
        work = {"held by another": [], "fresh": []}
        for shade in shades:
            proxy.asked.clear()
            began = time.perf_counter()
            assert stranger.upload(picture((shade, 0, 0))).status_code == 202
            seconds = time.perf_counter() - began
            position, statements = logged(position)
            calls = Counter(line.split()[0] for line in proxy.asked)
            assert statements["INSERT"] >= 2
            assert calls["PUT"] == 1
            work["fresh" if shade % 2 else "held by another"].append((seconds, statements, calls))
    kinds = {name: [(statements, calls) for _, statements, calls in rows] for name, rows in work.items()}
    assert all(one == kinds["fresh"][0] for one in kinds["fresh"] + kinds["held by another"])
    statements, calls = kinds["fresh"][0]
    medians = {name: 1000 * statistics.median(seconds for seconds, _, _ in rows) for name, rows in work.items()}
    say(
        f"each of {len(shades)} submissions: {statements.total()} statements, {calls.total()} object store calls; "
        + ", ".join(f"{name} {median:.1f} ms" for name, median in medians.items())
    )
