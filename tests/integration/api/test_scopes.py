"""Every route of the running API asks for a key, and for its own scope."""

import pytest

from shared.domain import tenant
from shared.domain.tenant import Scope
from tests.openapi import operations

KEYLESS = {"GET /health/live", "GET /health/ready", "GET /metrics"}


@pytest.fixture
def routes(connect):
    return list(operations(connect(None).get("/openapi.json").json()))


def ask(client, route):
    return client.request(route.method, route.url(), **route.body)


def test_no_route_is_open_but_those_of_health(routes):
    assert {route.name for route in routes if route.scope is None} == KEYLESS


def test_without_a_valid_key_no_route_says_anything(connect, routes, new_key, client, say):
    revoked = client.post("/v1/keys", json={"name": "k", "scopes": list(Scope)}).json()
    client.delete(f"/v1/keys/{revoked['id']}")
    good = new_key()
    wrong = {
        "none": None,
        "malformed": "jinwi_short",
        "a letter changed": good[:-1] + ("0" if good[-1] != "0" else "1"),
        "in capitals": good.upper(),
        "well-formed and unknown": tenant.new_key(),
        "revoked": revoked["key"],
    }
    tried = 0
    for why, key in wrong.items():
        stranger = connect(key)
        for route in routes:
            if route.scope is not None:
                answer = ask(stranger, route)
                assert answer.status_code == 401, (why, route.name, answer.text)
                assert answer.headers["WWW-Authenticate"] == "Bearer"
                assert answer.json()["type"] == "urn:jinwi:problem:unauthorized"
                tried += 1
    say(f"requests without a valid key: {tried} tried, 0 let through")


def test_each_route_asks_for_its_scope_and_for_no_other(connect, routes, new_key, say):
    tried = 0
    for scope in Scope:
        without, alone = connect(new_key(set(Scope) - {scope})), connect(new_key({scope}))
        for route in routes:
            if route.scope == scope:
                refused = ask(without, route)
                assert (refused.status_code, refused.json().get("scope")) == (403, scope), route.name
                assert ask(alone, route).status_code not in {401, 403}, route.name
                tried += 1
    assert tried == len(routes) - len(KEYLESS)
    say(f"routes with a key that lacks their scope: {tried} tried, 0 let through")
