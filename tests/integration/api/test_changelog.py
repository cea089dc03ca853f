"""The changelog of versions, from the rows that runs, rollouts and administrators leave."""

import pytest
from psycopg.types.json import Json

from shared.domain.tenant import Scope
from shared.storage import models
from tests.models import brightness

PATH = "/v1/models/changelog"

HARVEST = {"considered": 3, "admitted": 1, "refused": {"quarantine": 2}}
RULING = {"name": "partial_auroc", "passed": True, "value": 0.01, "limit": -0.02, "detail": "", "weight": "primary"}

# As the migrations of runs and rollouts make them; nothing where they have.
TABLES = """
ALTER TABLE retraining_runs
    ADD COLUMN IF NOT EXISTS mode text, ADD COLUMN IF NOT EXISTS champion text,
    ADD COLUMN IF NOT EXISTS harvest json, ADD COLUMN IF NOT EXISTS judgement json,
    ADD COLUMN IF NOT EXISTS snapshot json;
CREATE TABLE IF NOT EXISTS model_moves (
    id uuid PRIMARY KEY DEFAULT uuidv7(), version text NOT NULL, before text NOT NULL, after text NOT NULL,
    key_id uuid REFERENCES keys, why text NOT NULL, numbers jsonb NOT NULL DEFAULT '{}', run_id uuid,
    at timestamptz NOT NULL DEFAULT now()
);
"""


@pytest.fixture
def tables(database):
    with database.transaction() as connection:
        connection.execute(TABLES)


@pytest.fixture
def run(database, tables):
    def make(outcome, passed):
        judgement = {"passed": passed, "candidate": "2.0.0", "rulings": [RULING | {"passed": passed}]}
        with database.transaction() as connection:
            return connection.execute(
                "INSERT INTO retraining_runs (outcome, gold, candidates, detail, mode, champion, harvest, judgement) "
                "VALUES (%s, 0, 0, 'why', 'head', '1.1.0', %s, %s) RETURNING id",
                (outcome, Json(HARVEST), Json(judgement)),
            ).fetchone()["id"]

    return make


def test_a_trained_version_is_told_with_its_run_its_gate_and_its_moves(client, database, store, run, shipped, tmp_path):
    run_id = run("published", passed=True)
    directory = brightness(tmp_path / "2.0.0", "2.0.0")
    models.register(database, store, directory, origin="trained", run_id=run_id)
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO model_moves (version, before, after, why) VALUES ('2.0.0', 'available', 'shadow', 'let in')"
        )
    first, *others = client.get(PATH).json()["entries"]
    assert (first["version"], first["status"], first["origin"]) == ("2.0.0", "published", "trained")
    assert (first["run"]["id"], first["run"]["mode"], first["run"]["parent"]) == (str(run_id), "head", "1.1.0")
    assert (first["run"]["harvest"], first["run"]["detail"]) == (HARVEST, "why")
    assert first["gate"]["rulings"] == [RULING]
    assert [(move["before"], move["after"], move["by"]) for move in first["moves"]][-1] == ("available", "shadow", None)
    assert {entry["origin"] for entry in others} == {"shipped"}


def test_a_refused_candidate_is_listed_under_the_number_that_its_run_held(client, database, run, shipped):
    run_id = run("refused", passed=False)
    with database.transaction() as connection:
        number = models.next_version(connection, "jinwi", run_id=run_id)
    first = client.get(PATH).json()["entries"][0]
    assert (first["version"], first["status"], first["gate"]["passed"]) == (number, "refused", False)
    assert first["description"] == "why"


def test_a_run_without_a_candidate_is_no_entry(client, run, shipped):
    before = client.get(PATH).json()
    run("not_enough_samples", passed=False)
    assert client.get(PATH).json() == before


def test_who_promoted_is_told_by_the_name_of_the_key(client, shipped):
    client.post(f"/v1/models/{shipped}/rollback")
    older = client.get(PATH).json()["entries"][-1]["version"]
    assert client.post(f"/v1/models/{older}/promote").status_code == 200
    (entry,) = [entry for entry in client.get(PATH).json()["entries"] if entry["version"] == older]
    assert (entry["moves"][-1]["after"], entry["moves"][-1]["by"]) == ("champion", "test")


def test_it_is_markdown_for_whoever_asks_for_it(client, shipped):
    answer = client.get(PATH, headers={"Accept": "text/markdown"})
    assert answer.headers["Content-Type"].startswith("text/markdown")
    assert answer.text.startswith("# Changelog of versions\n\n## ")
    assert shipped in answer.text


def test_it_is_the_curators(connect, new_key):
    assert connect(new_key({Scope.READ})).get(PATH).json()["scope"] == "models"


def test_it_holds_as_many_as_were_asked_for(client, shipped):
    assert len(client.get(PATH, params={"limit": 2}).json()["entries"]) == 2
    assert client.get(PATH, params={"limit": 0}).status_code == 422
