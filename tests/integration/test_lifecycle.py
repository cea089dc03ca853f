"""Every move of a version: what the database lets through, what it leaves in aliases, logs and webhooks."""

import itertools
import json

import psycopg
import pytest

from shared.domain.audit import Action
from shared.domain.lifecycle import MOVES, VersionState
from shared.domain.rollout import Plan
from shared.domain.webhook import Event
from shared.errors import ForceNeeded, IllegalTransition
from shared.storage import audit, lifecycle, models
from shared.storage.lifecycle import Cause
from tests.integration.factories import add_endpoint, make_tenant
from tests.models import brightness

FIRST, SECOND, THIRD = "100.0.0", "100.1.0", "100.2.0"
NOTHING = Plan(shadow_share=0, canary_share=0)


@pytest.fixture
def three(database, store, tmp_path):
    """Three versions, of which the first is champion."""
    for version in (FIRST, SECOND, THIRD):
        models.register(database, store, brightness(tmp_path / version, version), origin="trained")
    promote(database, FIRST)


def promote(database, version, **more):
    with database.transaction() as connection:
        return lifecycle.promote(connection, version, by=None, why="a test", **more)


def enter(database, version, **more):
    with database.transaction() as connection:
        return lifecycle.enter(connection, version, run_id=None, by=None, why="a test", **more)


def advance(database, version, after, *, automatic=True):
    with database.transaction() as connection:
        return lifecycle.advance(connection, version, after, Cause(why="a test"), automatic=automatic)


def freeze(database, *, frozen):
    with database.transaction() as connection:
        lifecycle.set_freeze(connection, frozen=frozen, by=None, why=None)


def standing(database):
    """State of each version, and the aliases."""
    with database.transaction() as connection:
        rows = models.all_versions(connection)
    states = {row["version"]: row["state"] for row in rows}
    return states, {alias: row["version"] for row in rows for alias in row["aliases"]}


def moves(database, version):
    with database.transaction() as connection:
        return [(row["before"], row["after"]) for row in reversed(lifecycle.moves(connection, version))]


def acts(database):
    with database.transaction() as connection:
        return [(act["action"], act["subject"]) for act in reversed(audit.page(connection, limit=100))]


def promotions(database):
    with database.transaction() as connection:
        rows = connection.execute("SELECT body FROM deliveries WHERE event = 'model.promoted' ORDER BY id").fetchall()
    return [json.loads(row["body"])["data"] for row in rows]


def test_the_database_and_the_domain_allow_the_same_moves(database):
    with database.transaction() as connection:
        legal = {
            (before, after)
            for before, after in itertools.product(VersionState, VersionState)
            if connection.execute("SELECT is_legal_model_move(%s, %s) AS ok", (before, after)).fetchone()["ok"]
        }
    assert legal == {(before, after) for before, afters in MOVES.items() for after in afters}


def test_the_database_refuses_an_illegal_move_and_an_illegal_beginning(database, three):
    for statement, said in (
        ("UPDATE model_states SET state = 'stopped' WHERE version = '100.1.0'", "cannot go from available to stopped"),
        ("INSERT INTO model_states (version, state) VALUES ('9', 'shadow')", "begins as available"),
    ):
        with pytest.raises(psycopg.errors.CheckViolation, match=said), database.transaction() as connection:
            connection.execute(statement)


def test_the_database_holds_one_champion_and_one_challenger(database, three):
    enter(database, SECOND)
    for state in ("champion", "shadow"):
        with pytest.raises(psycopg.errors.UniqueViolation), database.transaction() as connection:
            connection.execute("UPDATE model_states SET state = %s WHERE version = %s", (state, THIRD))


def test_moves_are_never_changed_or_deleted(database, three):
    for statement in ("UPDATE model_moves SET why = 'x'", "DELETE FROM model_moves", "TRUNCATE model_moves"):
        with pytest.raises(psycopg.errors.CheckViolation, match="append-only"), database.transaction() as connection:
            connection.execute(statement)


def test_an_illegal_move_changes_nothing(database, three):
    enter(database, SECOND)
    advance(database, SECOND, VersionState.CANARY)
    before = standing(database), acts(database)
    with pytest.raises(IllegalTransition):
        advance(database, SECOND, VersionState.SHADOW)
    assert (standing(database), acts(database)) == before


def test_a_version_goes_by_shadow_and_canary_to_champion_and_is_logged_at_each_step(database, three):
    enter(database, SECOND)
    assert standing(database)[1] == {"champion": FIRST, "challenger": SECOND}
    advance(database, SECOND, VersionState.CANARY)
    assert standing(database)[1] == {"champion": FIRST, "challenger": SECOND}
    advance(database, SECOND, VersionState.CHAMPION)
    assert standing(database) == (
        {FIRST: "retired", SECOND: "champion", THIRD: "available"},
        {"champion": SECOND, "previous": FIRST},
    )
    assert moves(database, SECOND) == [("available", "shadow"), ("shadow", "canary"), ("canary", "champion")]
    assert acts(database) == [
        (Action.MODEL_PROMOTED, FIRST),
        (Action.MODEL_SHADOWED, SECOND),
        (Action.MODEL_CANARIED, SECOND),
        (Action.MODEL_PROMOTED, SECOND),
    ]


def test_a_plan_of_nothing_makes_it_champion_at_once(database, three):
    assert enter(database, SECOND, plan=NOTHING)["state"] == "champion"
    assert enter(database, THIRD, plan=Plan(shadow_share=0))["state"] == "canary"


def test_where_nothing_is_champion_the_first_that_enters_is(database, store, tmp_path):
    models.register(database, store, brightness(tmp_path / FIRST, FIRST), origin="trained")
    assert enter(database, FIRST)["state"] == "champion"
    assert enter(database, "9.9.9") is None


def test_a_newer_challenger_takes_the_place_of_the_one_before(database, three):
    enter(database, SECOND)
    enter(database, THIRD)
    assert standing(database) == (
        {FIRST: "champion", SECOND: "available", THIRD: "shadow"},
        {"champion": FIRST, "challenger": THIRD},
    )
    assert advance(database, SECOND, VersionState.CANARY) is None


def test_entering_twice_is_entering_once(database, three):
    enter(database, SECOND)
    enter(database, SECOND)
    enter(database, FIRST)
    assert moves(database, SECOND) == [("available", "shadow")]
    assert standing(database)[0][FIRST] == "champion"


def test_what_was_judged_against_another_champion_than_that_of_now_does_not_enter(database, three):
    promote(database, SECOND)
    assert enter(database, THIRD, plan=NOTHING, judged_against=FIRST)["state"] == "available"
    assert standing(database)[1] == {"champion": SECOND, "previous": FIRST}
    assert moves(database, THIRD) == []
    assert enter(database, THIRD, plan=NOTHING, judged_against=SECOND)["state"] == "champion"
    assert enter(database, THIRD, plan=NOTHING, judged_against=SECOND)["state"] == "champion"


def test_frozen_nothing_goes_forward_by_itself_but_a_stop_and_people_do(database, three):
    freeze(database, frozen=True)
    assert enter(database, SECOND, plan=NOTHING)["state"] == "shadow"
    assert advance(database, SECOND, VersionState.CANARY) is None
    assert advance(database, SECOND, VersionState.STOPPED)["state"] == "stopped"
    assert promote(database, THIRD)["state"] == "champion"
    freeze(database, frozen=False)
    assert (Action.MODELS_FROZEN, "models") in acts(database)
    assert (Action.MODELS_UNFROZEN, "models") in acts(database)


def test_a_freeze_that_holds_already_is_not_logged_again(database, three):
    freeze(database, frozen=True)
    freeze(database, frozen=True)
    assert acts(database).count((Action.MODELS_FROZEN, "models")) == 1


def test_a_stopped_version_is_promoted_only_by_force(database, three):
    enter(database, SECOND)
    advance(database, SECOND, VersionState.STOPPED)
    with pytest.raises(ForceNeeded, match="was stopped"):
        promote(database, SECOND)
    assert standing(database)[1] == {"champion": FIRST}
    assert promote(database, SECOND, force=True)["state"] == "champion"


def test_a_version_that_was_tried_or_served_before_begins_with_shadow_anew(database, three):
    enter(database, SECOND)
    advance(database, SECOND, VersionState.STOPPED)
    with pytest.raises(ForceNeeded):
        enter(database, SECOND, plan=NOTHING)
    assert enter(database, SECOND, plan=Plan())["state"] == "shadow"
    promote(database, THIRD)
    assert enter(database, FIRST, plan=Plan(shadow_share=0))["state"] == "shadow"


def test_what_is_not_automatic_waits_for_a_person(database, three):
    enter(database, SECOND, automatic=False)
    assert advance(database, SECOND, VersionState.CANARY) is None
    assert promote(database, SECOND)["state"] == "champion"
    assert standing(database)[1] == {"champion": SECOND, "previous": FIRST}


def test_a_rollback_retires_the_champion_and_is_told_once(database, three):
    promote(database, SECOND)
    with database.transaction() as connection:
        lifecycle.roll_back(connection, by=None, why="it was worse")
    assert standing(database) == (
        {FIRST: "champion", SECOND: "retired", THIRD: "available"},
        {"champion": FIRST},
    )
    assert acts(database)[-1] == (Action.MODEL_ROLLED_BACK, FIRST)
    with database.transaction() as connection:
        assert lifecycle.roll_back(connection, by=None, why="again") is None


def test_endpoints_of_every_tenant_hear_of_a_promotion(database, three):
    here, there = make_tenant(database, "here"), make_tenant(database, "there")
    add_endpoint(database, here, "https://example.com/all")
    add_endpoint(database, there, "https://example.com/these", [Event.MODEL_PROMOTED])
    add_endpoint(database, there, "https://example.com/others", [Event.JOB_DONE])
    promote(database, SECOND)
    told = promotions(database)
    assert len(told) == 2
    assert told[0] == told[1]
    assert {name: told[0][name] for name in ("id", "version", "previous", "changed", "n", "why")} == {
        "id": SECOND,
        "version": SECOND,
        "previous": FIRST,
        "changed": None,
        "n": 0,
        "why": "a test",
    }


def test_a_shipped_version_replaces_no_champion_of_ones_own_and_no_challenger(database, store, three, tmp_path):
    models.register(database, store, brightness(tmp_path / "200.0.0", "200.0.0"), origin="shipped")
    assert standing(database)[1] == {"champion": FIRST, "challenger": "200.0.0"}
    assert advance(database, "200.0.0", VersionState.CANARY) is None
    enter(database, SECOND)
    models.register(database, store, brightness(tmp_path / "200.0.1", "200.0.1"), origin="shipped")
    assert standing(database)[1] == {"champion": FIRST, "challenger": SECOND}


def test_a_frozen_installation_keeps_its_shipped_champion_on_upgrade(database, store, tmp_path):
    for version, frozen in (("200.0.0", True), ("200.0.1", False)):
        models.register(database, store, brightness(tmp_path / version, version), origin="shipped")
        freeze(database, frozen=frozen)
    assert standing(database)[1] == {"champion": "200.0.0", "challenger": "200.0.1"}


def test_the_code_before_this_one_moves_aliases_and_the_states_follow(database, three):
    """As a replica of the release before does it during an upgrade."""
    set_alias = (
        "INSERT INTO model_aliases (alias, version) VALUES (%s, %s)"
        " ON CONFLICT (alias) DO UPDATE SET version = excluded.version, changed_at = now()"
    )
    with database.transaction() as connection:
        for alias, version in (("previous", FIRST), ("champion", SECOND), ("challenger", THIRD)):
            connection.execute(set_alias, (alias, version))
    assert standing(database)[0] == {FIRST: "retired", SECOND: "champion", THIRD: "shadow"}
    assert promote(database, THIRD)["state"] == "champion"


def test_a_version_that_is_removed_takes_its_state_along(database, three):
    with database.transaction() as connection:
        connection.execute("DELETE FROM model_versions WHERE version = %s", (THIRD,))
        assert lifecycle.state(connection, THIRD) is None
