"""Short versions of the proofs, on made-up pictures: that they tell what happens, not what happens to a detector."""

import json

import numpy as np
import pytest

from bench.retraining import bias, gate, poisoning, pool
from bench.retraining.__main__ import main


@pytest.fixture(scope="module")
def made_up():
    return pool.made_up(4000)


def test_the_gate_refuses_what_learned_from_flipped_labels_and_promotes_what_learned_more(made_up):
    rows = {row["candidate"]: row for row in gate.measure(made_up, **gate.QUICK)}
    for name, row in rows.items():
        if name.startswith("worse"):
            assert row["promoted"] == 0
            assert row["refused by"]["partial_auroc_champion"] == row["of"]
    assert rows["better: on all gold"]["promoted"] >= 2


@pytest.fixture(scope="module")
def attacked(made_up):
    rows = poisoning.measure(made_up, **poisoning.QUICK)
    return {(row["loop"], row["goal"], row["mark"]): row for row in rows}


def test_what_reaches_training_is_counted(attacked):
    assert len(attacked) == 12
    for (loop, goal, _), row in attacked.items():
        assert row["of them the attacker's"] <= row["sent"] == 20
        if loop == "reviews believed":
            assert row["of them the attacker's"] == 20
        if loop == "corroborated" and goal == "smear":
            assert row["of them the attacker's"] == 0, "an AI label without a second signal weighs nothing"


def test_believed_reviews_make_a_mark_mean_what_the_attacker_says(attacked):
    for goal in poisoning.GOALS:
        row = attacked["reviews believed", goal, "unknown"]
        assert row["fooled after, %"] > row["fooled before, %"]


def test_a_canary_sees_its_own_mark_and_no_other(attacked):
    assert "canary_triggers" in attacked["reviews believed", "smear", "a canary's"]["by"]
    assert "canary_triggers" not in attacked["reviews believed", "smear", "unknown"]["by"]


def test_rounds_are_told_for_every_loop_from_before_the_first(made_up):
    rows = list(bias.measure(made_up, **bias.QUICK))
    assert [(row["loop"], row["round"]) for row in rows] == [
        (loop, number) for loop in bias.LOOPS for number in range(3)
    ]
    before = {row["balanced accuracy, %"] for row in rows if row["round"] == 0}
    assert len(before) == 1
    last = {row["loop"]: row for row in rows if row["round"] == 2}
    assert 0 < last["our harvest"]["pseudo-labels"] < last["naive thresholds"]["pseudo-labels"]
    assert last["naive thresholds"]["refused by the gate"] == 0


def test_the_weak_generator_looks_human_to_the_champion_and_to_no_head_that_was_shown_it(made_up):
    world = bias._world(made_up, 0, bias.QUICK["sizes"])
    said = {sort: world.champion.probabilities(vectors) for sort, vectors in world.judged.items()}
    assert abs((said["weak"] >= 0.5).mean() - (said["human"] >= 0.5).mean()) < 0.05
    weak = world.stock["weak"]
    shown = bias.Lessons.joined([world.gold, bias.Lessons.of(weak, np.ones(len(weak)))])
    assert (bias.trained(shown).probabilities(world.judged["weak"]) >= 0.5).mean() > 0.5


def test_the_command_prints_a_table_and_writes_json_markdown_and_a_plot(tmp_path, capsys):
    main(["bias", "--quick", "--out", str(tmp_path)])
    assert "weak generator" in capsys.readouterr().out
    document = json.loads((tmp_path / "bias.json").read_text())
    assert document["data"] == "made up"
    assert len(document["rows"]) == 9
    assert len((tmp_path / "bias.md").read_text().splitlines()) == 2 + 9
    assert (tmp_path / "bias.svg").read_text().lstrip().startswith("<?xml")
