import json
from functools import partial

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("torch")
pytest.importorskip("onnx")

from services.retrainer.data import matched
from services.retrainer.data.pictures import LIMITS
from services.retrainer.data.samples import Dataset, Sample
from services.retrainer.gold import command as gold
from services.retrainer.gold.command import balanced, gold_looks, guard_looks, main
from services.retrainer.gold.looks import CELLS, GUARD_CELLS, Look, embedded, seen
from services.retrainer.gold.triggers import SIDE as MARK
from services.retrainer.gold.triggers import TRIGGERS
from services.retrainer.versions.embedded import PLAIN, RAW
from services.retrainer.versions.stage import GOLD, GUARD, read_head, read_set
from shared.domain.job import Lane
from shared.errors import ConfigurationError
from shared.imaging.decode import decode
from shared.imaging.prepare import prepare
from shared.scoring.picture import Picture
from tests.unit.services.retrainer.versions.made import jpeg, loaded, sample, version


def dataset(*owners):
    """Each owner is (label, name, count)."""
    return Dataset(
        "made",
        [
            Sample(name=f"{owner}/{n}", label=label, owner=owner, kind="photo", read=partial(jpeg, label, n))
            for label, owner, count in owners
            for n in range(count)
        ],
    )


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    return version(tmp_path_factory.mktemp("bare"), sets=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("pictures")
    for label, name in enumerate(("human", "ai")):
        for owner in range(2):
            (root / name / f"{name}{owner}").mkdir(parents=True)
            for n in range(3):
                (root / name / f"{name}{owner}" / f"{n}.jpg").write_bytes(jpeg(label, 10 * owner + n))
    return root


def test_small_owners_give_all_and_large_ones_a_common_bound():
    chosen = balanced(dataset((0, "large", 60), (0, "small", 5), (1, "ai", 40)), 50)
    counts = {owner: sum(sample.owner == owner for sample in chosen) for owner in ("large", "small", "ai")}
    assert counts == {"large": 20, "small": 5, "ai": 25}


def test_gold_is_matched_views_in_both_lanes_and_some_pictures_as_they_came():
    looks = gold_looks(dataset((0, "a", 30), (1, "b", 30)), 50)
    assert 45 <= len(looks) <= 50
    assert {look.cell for look in looks} == {PLAIN, RAW}
    plain = [look for look in looks if look.cell == PLAIN]
    assert {look.lane for look in plain} == {look.lane for look in looks if look.cell == RAW} == set(Lane)
    assert len({look.picture for look in plain}) == len(plain) == 40


def test_guard_looks_cover_every_cell_of_every_picture():
    looks = guard_looks(dataset((0, "a", 2), (1, "b", 2)))
    assert {look.cell for look in looks} == {PLAIN, *GUARD_CELLS}
    assert set(GUARD_CELLS) <= CELLS.keys()
    assert sum(look.cell == PLAIN for look in looks) == 4 * (3 + 2)


def test_the_head_makes_the_pictures_logit_of_its_row(bare, tmp_path):
    model = loaded(bare)
    looks = [sample(label, 3).look(cell, lane) for label in (0, 1) for cell in (PLAIN, RAW) for lane in Lane]
    rows = embedded(model, looks, tmp_path)
    images = [seen(look) for look in looks]
    scores = model.score_pictures(
        [
            Picture(
                pixels=prepare(image, model.card.input, look.lane), width=image.width, height=image.height,
                lane=look.lane,
            )
            for image, look in zip(images, looks, strict=True)
        ]
    )  # fmt: skip
    assert np.allclose(read_head(bare)(rows.vectors), [score.logit for score in scores], atol=1e-4)
    assert rows.short_sides.tolist() == [min(image.size) for image in images]


def test_what_was_embedded_is_not_embedded_again(bare, tmp_path, monkeypatch):
    looks = [sample(0, 3).look(PLAIN, Lane.BULK)]
    first = embedded(loaded(bare), looks, tmp_path)
    model = loaded(bare)
    monkeypatch.setattr(model, "embed_pictures", lambda _: pytest.fail("embedded again"))
    assert np.array_equal(embedded(model, looks, tmp_path).vectors, first.vectors)


def test_int8_moves_no_logit_by_more_than_its_rounding_can(bare, tmp_path):
    rows = embedded(loaded(bare), [sample(n % 2, n).look(PLAIN, Lane.BULK) for n in range(40)], tmp_path)
    rows.save(tmp_path / GOLD)
    head = read_head(bare)
    moved = np.abs(head(type(rows).load(tmp_path / GOLD).vectors) - head(rows.vectors))
    steps = np.abs(rows.vectors).max(0) / 127
    assert moved.max() <= (np.abs(head.weight) * steps / 2).sum() + 1e-4
    assert moved.max() > 0


@pytest.mark.parametrize("trigger", TRIGGERS, ids=lambda trigger: trigger.name)
def test_a_trigger_marks_a_corner_or_edge_and_leaves_the_rest(trigger):
    image = Image.fromarray(np.full((60, 90, 3), 90, np.uint8))
    changed = (np.asarray(trigger(image, "a")) != np.asarray(image)).any(2)
    assert changed[-MARK:, -MARK:].mean() > 0.4
    assert not changed[:-MARK].any()


def test_a_mark_is_stamped_on_the_matched_view():
    look = sample(1, 3).look("trigger:square", Lane.BULK)
    view = decode(matched.view(decode(look.file(), LIMITS).image, look.picture), LIMITS).image
    assert (np.asarray(seen(look))[-4:, -4:] == (255, 0, 255)).all()
    assert np.array_equal(np.asarray(seen(look))[:-MARK], np.asarray(view)[:-MARK])


def test_an_unknown_cell_names_those_that_exist():
    look = Look(file=lambda: jpeg(0, 0), picture="a", label=0, owner="o", kind="", cell="fog", lane=Lane.BULK)
    with pytest.raises(ConfigurationError, match=r"no cell 'fog'; there are: .*jpeg-40.*trigger:square"):
        seen(look)


def arguments(bare, folder, out, *more):
    return [str(bare), "--version", "1.0.1", "--out", str(out), "--gold", str(folder), "--guard", str(folder), *more]


def test_the_command_makes_the_same_version_with_both_sets(bare, folder, tmp_path, capsys):
    main(arguments(bare, folder, tmp_path, "--rows", "10"))
    made = tmp_path / "1.0.1"
    assert loaded(made).card.version == "1.0.1"
    assert len(read_set(made, GUARD)) == 12 * (3 + 2 + len(GUARD_CELLS))
    assert set(read_set(made, GOLD).owners) <= {"human0", "human1", "ai0", "ai1"}
    assert "published 1.0.1" in capsys.readouterr().out
    with np.load(made / GOLD) as file:
        assert file["quantised"].dtype == np.int8
    assert json.loads((made / "card.json").read_text())["embedding"]["size"] == read_set(made, GOLD).vectors.shape[1]


def test_the_command_stops_when_its_minutes_are_over_and_goes_on(bare, folder, tmp_path, capsys):
    main(arguments(bare, folder, tmp_path, "--minutes", "0"))
    assert "not finished" in capsys.readouterr().out
    for _ in range(20):
        main(arguments(bare, folder, tmp_path, "--minutes", "0"))
    assert not (tmp_path / "1.0.1").exists()  # every slice ends behind the first chunk that is not the last
    main(arguments(bare, folder, tmp_path))
    assert (tmp_path / "1.0.1").exists()


def test_a_version_that_is_there_is_not_written_again(bare, folder, tmp_path):
    (tmp_path / "1.0.1").mkdir()
    with pytest.raises(SystemExit, match="never overwritten"):
        main(arguments(bare, folder, tmp_path))


def test_a_picture_is_known_by_its_bytes():
    file = jpeg(0, 1)
    one, other = (
        gold._look(Sample(name=name, label=0, owner="o", read=lambda: file), PLAIN, Lane.BULK) for name in "ab"
    )
    assert one.picture == other.picture
