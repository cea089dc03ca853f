from dataclasses import replace

import numpy as np
import pytest

from services.retrainer.domains.fit import PENALTIES, balanced, fit, fit_left_out
from services.retrainer.domains.labels import TOLD, domains_of
from shared.domain.domains import Domain
from shared.errors import ConfigurationError
from tests.unit.services.retrainer.domains.made import rows


def right(said, given):
    return (np.array([domain.value for domain in TOLD])[said.argmax(1)] == domains_of(given.kinds)).mean()


def test_kinds_that_lie_apart_are_told_apart_on_owners_that_were_left_out():
    given = rows()
    left_out = fit_left_out(given)
    assert right(left_out(given.vectors, given.owners), given) > 0.9
    assert set(left_out.fold_of) == set(given.owners)


def test_a_head_that_never_saw_an_owner_knows_nothing_of_its_labels():
    """Labels without ground are learnt where they were seen, and only there."""
    given = rows(owners=12, each=4, apart=0.0)
    chance = np.random.default_rng(1).choice(given.kinds, len(given))
    given = replace(given, kinds=chance)
    left_out = fit_left_out(given)
    assert right(left_out(given.vectors, given.owners), given) < 0.5


def test_probabilities_are_of_every_domain_and_add_up_to_one():
    given = rows()
    said = fit(given)(given.vectors)
    assert said.shape == (len(given), len(TOLD))
    assert np.allclose(said.sum(1), 1, atol=1e-5)
    assert not said[:, [TOLD.index(Domain.GRAPHIC), TOLD.index(Domain.PORTRAIT)]].any()


def test_the_penalty_is_chosen_by_owners_among_those_that_train():
    strong, weak = fit(rows(owners=12, each=3, apart=0.2)), fit(rows(owners=12, each=30, apart=4.0))
    assert strong.penalty > weak.penalty
    assert {strong.penalty, weak.penalty} <= set(PENALTIES)


def test_a_frequent_domain_is_named_more_readily():
    given = rows(owners=12, each=8, apart=1.0)
    few = given.rows((given.kinds == "photo") | (np.arange(len(given)) % 8 == 0))
    asked = np.zeros((1, given.vectors.shape[1]), np.float32)
    place = TOLD.index(Domain.PHOTOGRAPH)
    assert fit(few)(asked)[0, place] > fit(given)(asked)[0, place]


def test_an_owner_counts_as_the_square_root_of_its_pictures_and_all_domains_alike():
    domains = np.array(["photograph"] * 5 + ["painting"] * 2)
    owners = np.array([*"aaaab", *"cc"])
    counts = balanced(domains, owners)
    assert counts[:4].sum() == pytest.approx(2 * counts[4])
    assert counts[:5].sum() == pytest.approx(counts[5:].sum())
    assert counts.mean() == pytest.approx(1)


def test_pictures_of_one_domain_teach_nothing():
    with pytest.raises(ConfigurationError, match="at least two"):
        fit(rows(kinds=("photo",)))
    assert fit_left_out(rows(kinds=("photo",))) is None


def test_one_owner_of_a_class_cannot_be_left_out():
    given = rows(owners=3)
    assert fit_left_out(given.rows(given.owners != "owner-2")) is None
