"""The map of evidence: drawn by a scoring process, kept with its result, gone with its job."""

import io
from datetime import timedelta

import numpy as np
import pytest
from PIL import Image

from services.worker import housekeeping
from shared.domain.evidence import CERTAIN, UNSEEN, EvidenceMap
from shared.domain.job import Lane, Outcome, State
from shared.storage import jobs, leases, lifecycle, models
from tests.integration.factories import (
    RESULT,
    change_policy,
    claim,
    finish,
    get,
    make_tenant,
    picture,
    submit_image,
)
from tests.models import brightness

MAP = EvidenceMap(columns=2, cells=bytes((0, 100, 200, 255)))
EXPIRED = timedelta(seconds=-1)


@pytest.fixture
def drawing(verifier, database, store, tmp_path):
    """A verifier whose champion draws maps: what is bright is AI-generated."""
    models.register(database, store, brightness(tmp_path / "brightness"), origin="imported")
    with database.transaction() as connection:
        lifecycle.promote(connection, "2.0.0", by=None, why="a test")
    return verifier


def map_of(database, tenant, job_id):
    with database.transaction() as connection:
        return jobs.evidence_map(connection, tenant, job_id)


def maps_in(database):
    with database.transaction() as connection:
        return connection.execute("SELECT count(*) AS n FROM evidence_maps").fetchone()["n"]


def cells(kept):
    return np.frombuffer(kept.cells, np.uint8).reshape(kept.rows, kept.columns)


def drawn(held, evidence=MAP):
    return Outcome(job_id=held.id, fence=held.fence, state=State.DONE, result=RESULT, evidence=evidence)


def half_bright(size=(48, 48), orientation=1):
    """White on the left as stored, black on the right."""
    image = Image.new("RGB", size, "black")
    image.paste("white", (0, 0, size[0] // 2, size[1]))
    exif, file = Image.Exif(), io.BytesIO()
    exif[0x0112] = orientation
    image.save(file, "PNG", exif=exif)
    return file.getvalue()


def test_a_result_says_where_its_map_is_and_the_map_shows_where_the_score_comes_from(database, store, tenant, drawing):
    job_id = submit_image(database, store, tenant, half_bright())
    drawing.drain([job_id])
    result = get(database, tenant, job_id).result
    assert result["ai_probability"] == pytest.approx(0.5, abs=0.01)
    assert result["evidence"]["map"] == f"/v1/jobs/{job_id}/map.png"
    assert cells(map_of(database, tenant, job_id)).tolist() == [[CERTAIN] * 6 + [0] * 6] * 12


@pytest.mark.parametrize(
    ("orientation", "bright"),
    [
        (1, np.s_[:, :6]),
        (2, np.s_[:, 6:]),
        (3, np.s_[:, 6:]),
        (4, np.s_[:, :6]),
        (5, np.s_[:6, :]),
        (6, np.s_[:6, :]),
        (7, np.s_[6:, :]),
        (8, np.s_[6:, :]),
    ],
)
def test_a_map_lies_in_the_frame_of_the_upright_picture(database, store, tenant, drawing, orientation, bright):
    job_id = submit_image(database, store, tenant, half_bright(orientation=orientation))
    drawing.drain([job_id])
    shown = cells(map_of(database, tenant, job_id))
    assert (shown[bright] == CERTAIN).all()
    assert (shown == CERTAIN).sum() == shown.size / 2


def test_each_lane_looks_as_the_card_says(database, store, tenant, drawing):
    ids = {lane: submit_image(database, store, tenant, half_bright((160, 64)), lane=lane) for lane in Lane}
    drawing.drain([])
    bulk, interactive = (cells(map_of(database, tenant, ids[lane])) for lane in (Lane.BULK, Lane.INTERACTIVE))
    # Once, at the centre of the picture shrunk to a tile's height; or nine times, in native pixels.
    assert (bulk == UNSEEN).mean() == pytest.approx(0.6, abs=0.1)
    assert (interactive == UNSEEN).mean() == pytest.approx(1 - 9 * 16 * 16 / (160 * 64), abs=0.01)


@pytest.mark.parametrize("size", [(1, 1), (5, 300), (32, 32), (640, 480)])
def test_a_picture_of_any_size_has_a_map(database, store, tenant, drawing, size):
    job_id = submit_image(database, store, tenant, picture((255, 255, 255), size))
    drawing.drain([job_id])
    job = get(database, tenant, job_id)
    assert job.state is State.DONE
    assert job.result["ai_probability"] > 0.99
    shown = cells(map_of(database, tenant, job_id))
    assert set(np.unique(shown)) <= {CERTAIN, UNSEEN}
    assert CERTAIN in shown


def test_a_model_that_draws_no_map_leaves_none(database, store, tenant, verifier):
    change_policy(database, tenant, model="0.1.0")
    job_id = submit_image(database, store, tenant)
    verifier.drain([job_id])
    assert get(database, tenant, job_id).result["evidence"]["map"] is None
    assert map_of(database, tenant, job_id) is None


def test_a_stale_worker_leaves_no_map_and_takes_none_away(database, store, tenant):
    job_id = submit_image(database, store, tenant)
    [stale] = claim(database, lease=EXPIRED)
    with database.transaction() as connection:
        leases.take_back_expired(connection, lease=EXPIRED, limit=10)
    assert finish(database, drawn(stale)) == []
    assert maps_in(database) == 0
    [fresh] = claim(database)
    finish(database, drawn(fresh))
    other = EvidenceMap(columns=1, cells=b"\7")
    assert finish(database, drawn(stale, other)) == []
    assert map_of(database, tenant, job_id) == MAP


def test_a_transaction_that_fails_leaves_neither_result_nor_map(database, store, tenant):
    job_id = submit_image(database, store, tenant)
    [held] = claim(database)
    with pytest.raises(RuntimeError), database.transaction() as connection:
        leases.finish(connection, [drawn(held)])
        raise RuntimeError
    assert get(database, tenant, job_id).state is State.RUNNING
    assert maps_in(database) == 0


def test_erasing_a_job_erases_its_map_and_no_other(database, store, tenant):
    ids = [submit_image(database, store, tenant) for _ in range(2)]
    finish(database, *map(drawn, claim(database)))
    with database.transaction() as connection:
        jobs.erase(connection, tenant, ids[0])
    assert [map_of(database, tenant, job_id) for job_id in ids] == [None, MAP]


def test_a_job_erased_while_it_is_scored_gets_no_map(database, store, tenant):
    job_id = submit_image(database, store, tenant)
    [held] = claim(database)
    with database.transaction() as connection:
        jobs.erase(connection, tenant, job_id)
    assert finish(database, drawn(held)) == []
    assert maps_in(database) == 0


def test_the_database_itself_erases_the_map_for_code_that_knows_of_none(database, store, tenant):
    submit_image(database, store, tenant)
    finish(database, *map(drawn, claim(database)))
    with database.transaction() as connection:
        connection.execute("UPDATE jobs SET state = 'erased', result = NULL")
    assert maps_in(database) == 0


def test_retention_takes_the_map_along(database, store, tenant, settings):
    submit_image(database, store, tenant)
    finish(database, *map(drawn, claim(database)))
    change_policy(database, tenant, retention_days=1)
    with database.transaction() as connection:
        # Less than a policy may say, so that a job of just now is past it.
        connection.execute("UPDATE policies SET document = document || '{\"retention_days\": 0}' WHERE version = 2")
    housekeeping.maintain(database, store, settings)
    assert maps_in(database) == 0


def test_a_map_is_its_tenants_alone(database, store, tenant):
    job_id = submit_image(database, store, tenant)
    finish(database, *map(drawn, claim(database)))
    assert map_of(database, make_tenant(database, "other"), job_id) is None
