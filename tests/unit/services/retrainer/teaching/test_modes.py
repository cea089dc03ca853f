import json
import re
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

from services.retrainer.domains.chapter import chapter  # noqa: E402
from services.retrainer.domains.file import DomainFile  # noqa: E402
from services.retrainer.domains.retrained import Retrained  # noqa: E402
from services.retrainer.gold.triggers import TRIGGERS  # noqa: E402
from services.retrainer.teaching.full_fit import FullRecipe  # noqa: E402
from services.retrainer.teaching.head_fit import HeadRecipe  # noqa: E402
from services.retrainer.teaching.modes import NotEnoughSamples, train  # noqa: E402
from services.retrainer.versions.embedded import PLAIN  # noqa: E402
from services.retrainer.versions.restored import restore  # noqa: E402
from services.retrainer.versions.stage import GOLD, GUARD, Change, read_head, read_set, stage  # noqa: E402
from shared.domain.job import Lane  # noqa: E402
from shared.domain.retraining import Mode, RunStage  # noqa: E402
from shared.domain.verdict import Thresholds  # noqa: E402
from shared.scoring.domains import DOMAINS  # noqa: E402
from tests.unit.services.retrainer.versions.made import SIDE, loaded, sample, samples, version  # noqa: E402

torch.set_num_threads(1)

HEAD = HeadRecipe(epochs=3, batch=32)
FULL = FullRecipe(epochs=2, batch=8)
PIXELS = np.random.default_rng(3).integers(0, 256, (5, SIDE, SIDE, 3), np.uint8)


class Killed(Exception):
    """As a process that ends."""


@pytest.fixture(scope="module")
def champion(tmp_path_factory):
    return version(tmp_path_factory.mktemp("champion"))


@pytest.fixture(scope="module")
def telling(champion, tmp_path_factory):
    """The champion, whose gold are photographs and paintings, and which tells them apart."""
    root, gold = tmp_path_factory.mktemp("telling"), read_set(champion, GOLD)
    kinds = np.array(["photo" if int(picture, 16) % 2 else "painting" for picture in gold.pictures])
    gold = replace(gold, kinds=kinds)
    logits = read_head(champion)(gold.vectors)
    made = Retrained.anew(champion, champion, gold, logits, logits).file(probabilities(logits), probabilities(logits))
    card = {"domains": chapter(made, Thresholds(likely_human=0.2, likely_ai=0.8))}
    staged = stage(champion, root, Change(version="1.0.0", gold=gold, domains=made.content(), card=card))
    return staged.rename(root / "1.0.0")


def probabilities(logits):
    """Calibrated, float64 [N]."""
    return 1 / (1 + np.exp(-(logits.astype(float) / 2 + 0.1)))


@pytest.fixture
def trained(champion, tmp_path):
    def trained(mode, given, *, name="run", report=lambda _: None, of=champion, **more):
        return train(
            of, given, mode=mode, version="1.1.0", out=tmp_path / name, work=tmp_path / f"{name}.work", seed=5,
            report=report, head=HEAD, full=FULL, **more,
        )  # fmt: skip

    return trained


def card(directory):
    return json.loads((directory / "card.json").read_text())


def test_a_retrained_head_is_a_whole_version_and_the_rest_is_the_champions(champion, trained):
    made = trained(Mode.HEAD, [*samples(6), *samples(4, start=50, source="harvest")])
    names = {file.name for file in made.iterdir()}
    assert names >= {"model.onnx", "model.safetensors", "card.md", "metrics.json", "golden.npz", GOLD, GUARD}
    assert (made / GUARD).read_bytes() == (champion / GUARD).read_bytes()
    assert loaded(made).card.version == "1.1.0"
    old, new = restore(champion).state_dict(), restore(made).state_dict()
    moved = {name for name in old if not torch.equal(old[name], new[name])}
    assert moved == {"head.weight", "head.bias"}


def test_gold_of_people_joins_the_gold_that_came_and_the_harvest_does_not(champion, trained):
    made = trained(Mode.HEAD, [*samples(6), *samples(4, start=50, source="harvest")])
    before, after = read_set(champion, GOLD), read_set(made, GOLD)
    assert len(after) == len(before) + 2 * 12  # a matched view and the picture as it came
    assert not any(owner.startswith("harvest") for owner in after.owners)
    told = card(made)["training"]
    assert (told["mode"], told["parent"], told["gold"], told["harvest"]) == ("head", "1.0.0", 12, 8)
    assert told["replay_rows"] == len(before)


def test_what_is_lent_teaches_and_nothing_of_it_travels(champion, trained):
    lent = [replace(sample, lent=True) for sample in samples(6)]
    made = trained(Mode.HEAD, lent)
    assert len(read_set(made, GOLD)) == len(read_set(champion, GOLD))
    told = card(made)["training"]
    assert (told["gold"], told["added"]) == (12, [])
    hashes = {sample.picture for sample in lent}
    assert not any(one in file.read_bytes().decode("latin-1") for file in made.iterdir() for one in hashes)
    assert not np.array_equal(read_head(made).weight, read_head(champion).weight)


def test_a_candidates_card_tells_its_own_figures_and_calibration(champion, trained):
    made = trained(Mode.HEAD, samples(6))
    said = card(made)
    assert set(said["metrics"]) == {"guard, bulk", "guard, interactive"}
    assert {found["false_likely_ai"]["owners"] for found in said["metrics"].values()} == {4}
    assert said["false_accusation_rate"] == {}
    assert said["thresholds"]["likely_human"] == card(champion)["thresholds"]["likely_human"]
    assert 0.8 <= said["thresholds"]["likely_ai"] < 1
    assert "no more of gold's human pictures" in said["training"]["thresholds"]
    human = read_set(made, GOLD).labels == 0
    count = len(set(read_set(made, GOLD).pictures[human]))
    assert re.search(rf"rests on the \d+ of {count} that lie above$", said["training"]["thresholds"])
    assert said["calibration"] != card(champion)["calibration"]
    assert "out of fold by owner" in said["training"]["calibrated"]
    assert said["limits"] == [
        "It was retrained in an installation: the figures in these lines were measured on 1.0.0, which it was made of."
    ]


def test_a_candidate_can_be_retrained_again_and_forgets_gold_that_was_taken_away(champion, trained):
    first = trained(Mode.HEAD, samples(6), name="first")
    kept = samples(6)[2:]
    second = trained(Mode.HEAD, [*kept, *samples(3, start=20)], name="second", of=first)
    base = read_set(champion, GOLD)
    assert set(read_set(second, GOLD).pictures) == {
        *base.pictures,
        *(one.picture for one in [*kept, *samples(3, start=20)]),
    }
    assert len(read_set(second, GOLD)) == len(base) + 2 * 16
    assert card(second)["training"]["parent"] == "1.1.0"
    assert card(second)["training"]["replay_rows"] == len(base)
    assert card(second)["limits"] == card(first)["limits"]


@pytest.mark.parametrize("mode", [Mode.HEAD, Mode.MIXED])
def test_a_run_that_is_killed_goes_on_to_the_same_bits(trained, mode):
    given, guard = samples(24), samples(12, start=300)
    whole = trained(mode, given, guard=guard)
    epochs = []

    def killing(progress):
        if progress.done and progress.done not in epochs:
            epochs.append(progress.done)
            raise Killed

    kills = 0
    while True:
        try:
            cut = trained(mode, given, guard=guard, name="cut", report=killing)
            break
        except Killed:
            kills += 1
    assert kills > 10
    for name in ("model.onnx", "model.safetensors", "card.json", GOLD, GUARD, "golden.npz"):
        assert (cut / name).read_bytes() == (whole / name).read_bytes(), name


def test_progress_counts_every_epoch_up_to_the_total(trained):
    told = []
    trained(Mode.HEAD, samples(6), report=told.append)
    epochs = [progress for progress in told if progress.done]
    assert all(progress.stage is RunStage.TRAIN for progress in told)
    assert [progress.done for progress in epochs] == list(range(1, epochs[-1].total + 1))
    assert epochs[-1].eta_seconds == 0
    assert all(progress.loss > 0 for progress in epochs)


def test_pictures_that_cannot_be_read_and_samples_of_no_weight_are_left_out_and_counted(trained):
    broken = replace(sample(1, 77), image=lambda: b"no picture")
    weightless = replace(sample(0, 78), weight=0.0)
    made = trained(Mode.HEAD, [*samples(6), broken, weightless])
    assert card(made)["training"]["left_out"] == 2
    assert card(made)["training"]["gold"] == 12


def test_without_gold_of_both_classes_a_head_is_not_retrained(trained, tmp_path):
    bare = version(tmp_path / "bare", sets=False)
    with pytest.raises(NotEnoughSamples, match=r"added 2 by people and 0 AI-generated; .*`jinwi gold add DIR`"):
        trained(Mode.HEAD, [sample(0, 1), sample(0, 2)], of=bare)


@pytest.mark.parametrize(
    ("gold", "guard", "message"),
    [
        (
            samples(19),
            samples(12, start=300),
            r"needs 20 gold pictures of each class: there are 19 by people and 19 AI",
        ),
        (samples(20), [], r"needs 10 guard pictures of each class: there are 0 by people and 0 AI-generated"),
        (samples(20, source="harvest"), samples(12, start=300), "needs 20 gold pictures"),
    ],
    ids=["gold", "guard", "harvest is no gold"],
)
def test_moving_the_network_takes_pictures_and_says_how_many(trained, gold, guard, message):
    with pytest.raises(NotEnoughSamples, match=message):
        trained(Mode.FULL, gold, guard=guard)


@pytest.mark.parametrize("mode", [Mode.FULL, Mode.MIXED])
def test_the_whole_network_moves_and_brings_sets_of_its_own(champion, trained, mode):
    made = trained(mode, [*samples(24), *samples(4, start=50, source="harvest")], guard=samples(12, start=300))
    old, new = restore(champion).state_dict(), restore(made).state_dict()
    assert not torch.equal(old["looks.stem.0.weight"], new["looks.stem.0.weight"])
    assert torch.equal(old["looks.stem.1.running_mean"], new["looks.stem.1.running_mean"])
    assert len(read_set(made, GOLD)) == 2 * 48
    assert set(read_set(made, GUARD).pictures) == {one.look("", "bulk").picture for one in samples(12, start=300)}
    assert set(read_set(made, GUARD).cells) == {PLAIN, *(trigger.name for trigger in TRIGGERS)}
    assert card(made)["training"]["replay_rows"] == (0 if mode is Mode.FULL else len(read_set(champion, GOLD)))


def test_gold_of_too_few_owners_keeps_the_champions_calibration(champion, trained, tmp_path):
    gold = read_set(champion, GOLD)
    alone = replace(gold, owners=np.full(len(gold), "one"))
    of = stage(champion, tmp_path / "alone", Change(version="1.0.1", gold=alone))
    made = trained(Mode.HEAD, [], of=of)
    assert card(made)["calibration"] == card(champion)["calibration"]
    assert not np.array_equal(read_head(made).weight, read_head(champion).weight)


def test_a_retrained_head_keeps_the_champions_domains_and_moves_their_records(telling, trained):
    given = samples(6)
    made = trained(Mode.HEAD, given, of=telling)
    before, after = DomainFile.of_version(telling), DomainFile.of_version(made)
    assert np.array_equal(after.domains.head.weight, before.domains.head.weight)
    people = {one.picture for one in given if not one.is_ai}
    assert set(after.pictures) == set(before.pictures) | people
    shared = np.isin(after.pictures, before.pictures)
    assert not np.allclose(np.sort(after.domains.records.scores[shared]), np.sort(before.domains.records.scores))
    told, was = card(made)["domains"], card(telling)["domains"]
    assert told["measured"] == was["measured"]
    assert sum(record["images"] for record in told["records"]["bulk"].values()) > 0
    assert loaded(made).domains is not None


def test_of_what_is_lent_no_record_is_kept(telling, trained):
    lent = [replace(sample, lent=True) for sample in samples(6)]
    made = trained(Mode.HEAD, lent, of=telling)
    assert not {one.picture for one in lent} & set(DomainFile.of_version(made).pictures)


def test_the_rate_of_false_accusations_is_of_records_whose_owners_were_left_out(telling, trained):
    """The guard's owners stand in gold, and would flatter it."""
    made = trained(Mode.HEAD, samples(6), of=telling)
    accused, likely_ai = card(made)["false_accusation_rate"], card(made)["thresholds"]["likely_ai"]
    records = DomainFile.of_version(made).domains.records
    found = [records.of(lane, None, likely_ai) for lane in Lane]
    assert accused["n"] in {record.images for record in found}
    assert accused["value"] == pytest.approx(max(record.rate for record in found), abs=1e-6)
    assert accused["low"] <= accused["value"] <= accused["high"]


@pytest.mark.parametrize("mode", [Mode.FULL, Mode.MIXED])
def test_a_network_that_was_moved_gets_a_head_of_its_own_for_domains(telling, trained, mode):
    given = [replace(one, kind=("photo", "painting")[number // 2 % 2]) for number, one in enumerate(samples(24))]
    made = trained(mode, given, of=telling, guard=samples(12, start=300))
    before, after = DomainFile.of_version(telling), DomainFile.of_version(made)
    assert not np.array_equal(after.domains.head.weight, before.domains.head.weight)
    assert set(before.pictures) < set(after.pictures)
    assert {one.picture for one in given if not one.is_ai} < set(after.pictures)
    assert card(made)["domains"]["records"]["bulk"]
    assert loaded(made).domains is not None


def test_a_network_that_was_moved_carries_no_domains_where_no_kind_is_said(champion, telling, trained):
    bare = replace(read_set(telling, GOLD), kinds=np.full(len(read_set(telling, GOLD)), ""))
    unsaid = stage(telling, telling.parent, Change(version="1.0.1", gold=bare))
    given = [replace(one, kind="") for one in samples(24)]
    made = trained(Mode.FULL, given, of=unsaid, guard=samples(12, start=300))
    assert not (made / DOMAINS).exists()
    assert card(made)["domains"] == {}
    assert loaded(made).domains is None
