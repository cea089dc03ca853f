"""Reports of real version directories: a network that takes what is bright for AI-generated, and heads of two weights."""

import io
import json
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import save_file

from services.retrainer.gate import judge
from services.retrainer.gate.guard import GUARD, WEIGHTS, RegressionCase, guard_of, guard_report, reports
from services.retrainer.gate.own import own_looks
from services.retrainer.gold.looks import GUARD_CELLS, Look
from services.retrainer.versions.embedded import PLAIN, RAW, Embedded
from shared.errors import ConfigurationError, ModelRefused
from shared.scoring.manifest import write_manifest
from tests.models import brightness

CALIBRATION = {
    "bulk": [{"max_short_side": 100, "temperature": 2.0, "bias": 0.5}, {"max_short_side": None}],
    "interactive": [{"max_short_side": None, "temperature": 1.0, "bias": -1.0}],
}
UNCALIBRATED = {"temperature": 1.0, "bias": 0.0}


def guard(count=400, width=2, seed=0):
    """Vectors whose first number tells the classes apart; 40 owners."""
    random = np.random.default_rng(seed)
    owner = np.arange(count) % 40
    labels = (owner % 2).astype(np.uint8)
    vectors = random.normal(0, 1, (count, width)).astype(np.float32)
    vectors[:, 0] += 2.0 * labels - 1
    return Embedded(
        vectors=vectors,
        labels=labels,
        owners=np.array([f"owner-{index}" for index in owner]),
        kinds=np.full(count, "photo"),
        pictures=np.array([f"picture-{row}" for row in range(count)]),
        cells=np.full(count, ""),
        lanes=np.where(np.arange(count) % 3 == 0, "bulk", "interactive"),
        short_sides=np.where(np.arange(count) % 2 == 0, 90, 500).astype(np.int32),
    )


def version(directory, *, name="2.0.0", head=(2.0, 0.0), backbone=1.0, travels=None, **card):
    """A version directory of `brightness` with a head, and, unless `travels` is False, a guard set."""
    brightness(directory, name, **{"calibration": CALIBRATION, **card})
    if head is not None:
        weights = {"head.weight": np.array([head], np.float32), "head.bias": np.array([0.25], np.float32)}
        save_file({**weights, "features.weight": np.full(3, backbone, np.float32)}, directory / WEIGHTS)
    if travels is not False:
        (travels or guard()).save(directory / GUARD)
    (directory / "manifest.json").unlink()
    write_manifest(directory)
    return directory


@dataclass(frozen=True)
class Own:
    key: str
    label: float
    grey: int
    owner: str = "ann"
    side: int = 96

    def look(self, cell, lane):
        return Look(
            file=lambda: png(self.grey, self.side), picture=self.key, label=round(self.label), owner=self.owner,
            kind="photo", cell=cell, lane=lane,
        )  # fmt: skip


def own(count):
    """Pictures of each class, of six owners each: dark ones of people and bright generated ones."""
    return [
        Own(f"{label}-{number}", float(label), 100 + 50 * label + number % 10, owner=f"{label}-{number % 6}")
        for number in range(count)
        for label in (0, 1)
    ]


def png(grey, side=32):
    file = io.BytesIO()
    Image.new("RGB", (side, side), (grey, grey, grey)).save(file, "PNG")
    return file.getvalue()


def read(directory, *given, **further):
    return guard_report(directory, *given, work=directory.parent / "work", **further)


def all_read(*directories, **further):
    return reports(*directories, work=directories[0].parent / "work", **further)


def sigmoid(value):
    return 1 / (1 + np.exp(-value))


def test_probabilities_are_the_heads_product_calibrated_by_lane_and_short_side(tmp_path):
    rows = guard()
    said = read(version(tmp_path / "a", head=(2.0, -0.5)), rows)
    logits = rows.vectors @ np.array([2.0, -0.5]) + 0.25
    small = (rows.lanes == "bulk") & (rows.short_sides == 90)
    large = (rows.lanes == "bulk") & (rows.short_sides == 500)
    assert said.probabilities[small] == pytest.approx(sigmoid(logits[small] / 2 + 0.5))
    assert said.probabilities[large] == pytest.approx(sigmoid(logits[large]))
    close = rows.lanes == "interactive"
    assert said.probabilities[close] == pytest.approx(sigmoid(logits[close] - 1))
    assert small.any()
    assert large.any()
    assert said.version == "2.0.0"


def test_pictures_of_ones_own_and_cases_go_through_the_onnx_file(tmp_path):
    cases = [RegressionCase(id="case-1", expected=0, image=lambda: png(250))]
    directory = version(tmp_path / "a")
    said = read(directory, guard(), [Own("x", 1.0, 200), Own("y", 0.0, 60)], cases)
    came = np.flatnonzero(said.cells == RAW)
    assert said.probabilities[came] == pytest.approx(sigmoid((np.array([200, 60]) - 127.5) / 16 - 1), abs=1e-6)
    assert said.labels[came].tolist() == [1, 0]
    assert said.pictures[came].tolist() == ["own:x", "own:y"]
    assert said.owners[came].tolist() == ["own:ann", "own:ann"]
    assert said.cases[0].probability == pytest.approx(sigmoid((250 - 127.5) / 16 - 1), abs=1e-6)
    assert said.size_bytes == (directory / "model.onnx").stat().st_size
    assert 0 < said.latency_ms < 1000


def test_pictures_of_ones_own_are_seen_as_they_came_matched_degraded_and_stamped(tmp_path):
    said = read(version(tmp_path / "a"), None, own(1))
    looks = list(zip(said.cells, said.lanes, strict=True))
    each = [(RAW, "interactive"), (PLAIN, "interactive"), (PLAIN, "bulk")]
    assert looks == 2 * [*each, *((cell, "interactive") for cell in GUARD_CELLS)]
    assert said.plain.sum() == 6
    assert set(said.degraded_cells) | set(said.trigger_cells) == set(GUARD_CELLS)


def test_only_so_many_pictures_are_degraded_and_stamped_and_of_all_owners(monkeypatch):
    monkeypatch.setattr("services.retrainer.gate.own.ALTERED", 6)
    wanted = own_looks(own(20))
    assert len(wanted) == 40
    altered = [looks[0] for looks in wanted.values() if len(looks) > 3]
    assert len({look.owner for look in altered}) == len(altered) == 12
    assert own_looks(own(20)).keys() == wanted.keys()
    assert all(len(looks) == len(own_looks(own(20))[key]) for key, looks in wanted.items())


def test_a_network_that_was_moved_is_judged_on_canaries_and_degradations_by_ones_own_pictures(tmp_path):
    """No view that travels is of both networks."""
    champion = version(tmp_path / "champion")
    moved = version(
        tmp_path / "moved", name="2.1.0", backbone=2.0, travels=replace(guard(), owners=np.full(400, "own"))
    )
    found = all_read(moved, champion, champion, images=own(50))
    assert not any(report.pictures[0].startswith("picture") for report in found)
    rulings = {ruling.name: ruling for ruling in judge(*found).rulings}
    for name in ("canary_triggers", "robustness_drop", "robustness_against_champion"):
        assert rulings[name].judged, name
    assert [report.network == found[0].network for report in found] == [True, False, False]


def test_who_waits_hears_of_each_reading_of_a_picture_and_may_end_it(tmp_path):
    champion, other = version(tmp_path / "champion"), version(tmp_path / "other", name="2.1.0", head=(1.0, 0.0))
    told = []
    all_read(other, champion, champion, images=own(2), heard=lambda *progress: told.append(progress))
    assert told == [(done, 8) for done in range(1, 9)]

    def stop(*_):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        all_read(other, champion, champion, images=own(2), heard=stop)


@dataclass(frozen=True)
class Told(Own):
    """One that tells `opened` whenever its file is read."""

    opened: list = field(default_factory=list)

    def look(self, cell, lane):
        look = super().look(cell, lane)
        return replace(look, file=lambda: self.opened.append(self.key) or look.file())


def test_what_was_read_before_an_interruption_is_not_read_again(tmp_path):
    champion, other = (
        version(tmp_path / "champion"),
        version(tmp_path / "other", name="2.1.0", calibration=UNCALIBRATED),
    )
    opened, told = [], []
    images = [Told(**vars(image), opened=opened) for image in own(2)]
    whole = reports(other, champion, champion, work=tmp_path / "whole", images=own(2))

    def stop(done, _):
        if done == 6:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        all_read(other, champion, champion, images=images, heard=stop)
    found = all_read(other, champion, champion, images=images, heard=lambda *progress: told.append(progress))
    assert opened == 2 * [image.key for image in images]
    assert told == [(done, 8) for done in range(1, 9)]
    assert [report.probabilities.tolist() for report in found] == [report.probabilities.tolist() for report in whole]


def test_what_another_version_of_the_same_number_said_is_not_taken(tmp_path):
    before = read(version(tmp_path / "a"), None, own(1))
    after = read(version(tmp_path / "b", calibration=UNCALIBRATED), None, own(1))
    assert not np.array_equal(before.probabilities, after.probabilities)


def test_three_versions_of_one_guard_set_can_be_judged(tmp_path):
    """A head that looks at the number which says nothing is refused, one that sees better passes."""
    champion = version(tmp_path / "champion", name="2.0.0", head=(2.0, 1.0))
    better = version(tmp_path / "better", name="2.1.0", head=(2.0, 0.0))
    blind = version(tmp_path / "blind", name="2.2.0", head=(0.2, 2.0))
    assert judge(*all_read(better, champion, champion)).failed == []
    judgement = judge(*all_read(blind, champion, champion))
    assert "partial_auroc_champion" in {ruling.name for ruling in judgement.failed}
    json.dumps(judgement.document(), allow_nan=False)


def test_what_not_all_three_can_be_read_on_is_not_used(tmp_path):
    champion = version(tmp_path / "champion")
    others = replace(guard(), owners=np.full(400, "another"))
    for index, other in enumerate([{"travels": False}, {"head": None}, {"travels": others}]):
        shipped = version(tmp_path / f"shipped-{index}", **other)
        found = all_read(champion, champion, shipped, images=[Own("x", 1.0, 200)])
        assert [set(report.pictures) for report in found] == [{"own:x"}] * 3


def test_views_that_all_three_have_count_in_whatever_order_they_lie(tmp_path):
    """A later release brings more guard pictures than an installation's own versions know."""
    order = np.random.default_rng(0).permutation(400)[:300]
    champion = version(tmp_path / "champion", travels=guard().rows(order))
    shipped = version(tmp_path / "shipped", name="2.1.0", head=(2.0, 1.0))
    found = all_read(champion, champion, shipped)
    assert [len(report) for report in found] == [300, 300, 300]
    assert judge(*found).rulings
    whole = read(shipped, guard())
    assert sorted(found[2].probabilities) == pytest.approx(sorted(whole.probabilities[order]), abs=0.02)


def test_looks_that_differ_in_their_pixels_alone_are_kept_apart(tmp_path):
    twice = Embedded.joined([guard(), replace(guard(), vectors=-guard().vectors)])
    directory = version(tmp_path / "a", travels=twice)
    report = all_read(directory, directory, directory)[0]
    assert report.probabilities == pytest.approx(read(directory, twice).probabilities, abs=0.02)


def test_another_network_with_the_champions_embeddings_is_refused(tmp_path):
    champion = version(tmp_path / "champion")
    stale = version(tmp_path / "stale", name="2.1.0", backbone=2.0)
    with pytest.raises(ModelRefused, match="holds the champion's embeddings, but its network is another"):
        all_read(stale, champion, champion)
    fresh = version(tmp_path / "fresh", name="2.1.0", backbone=2.0, travels=replace(guard(), vectors=-guard().vectors))
    assert len(all_read(fresh, champion, champion)[0]) == 400


def test_a_head_of_another_width_is_refused(tmp_path):
    with pytest.raises(ModelRefused, match=r"a head of \(1, 3\).*does not fit embeddings of \(400, 2\)"):
        read(version(tmp_path / "a", head=(1.0, 2.0, 3.0)), guard())


def test_embeddings_without_weights_are_refused(tmp_path):
    with pytest.raises(ModelRefused, match=r"without model\.safetensors nothing can be said of embeddings"):
        read(version(tmp_path / "a", head=None), guard())


def test_a_file_that_was_changed_is_refused(tmp_path):
    directory = version(tmp_path / "a")
    content = bytearray((directory / WEIGHTS).read_bytes())
    content[-1] ^= 1
    (directory / WEIGHTS).write_bytes(content)
    with pytest.raises(ModelRefused, match=r"model\.safetensors is not the file"):
        read(directory, guard())


def test_a_guard_set_that_cannot_be_read_is_refused_and_a_missing_one_is_none(tmp_path):
    directory = version(tmp_path / "a")
    assert len(guard_of(directory)) == 400
    (directory / GUARD).write_bytes(b"no archive")
    with pytest.raises(ModelRefused, match=r"guard\.npz cannot be read"):
        guard_of(directory)
    (directory / GUARD).unlink()
    assert guard_of(directory) is None


def test_a_picture_that_cannot_be_read_is_named_with_the_mend(tmp_path):
    directory = version(tmp_path / "a")
    broken = RegressionCase(id="case-7", expected=0, image=lambda: b"no picture")
    with pytest.raises(ConfigurationError, match=r"the case case-7 cannot be judged: .*; take it out"):
        read(directory, None, [], [broken])
