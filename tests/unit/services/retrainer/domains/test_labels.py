import numpy as np

from services.retrainer.domains.labels import KINDS, TOLD, domains_of
from shared.domain.domains import Domain


def test_the_words_of_collections_become_domains():
    kinds = np.array(["anime", "pixel", "scan", "render3d", "museum", "portrait", "photo", "other"])
    told = ["illustration", "graphic", "screenshot", "render", "painting", "portrait", "photograph", "other"]
    assert domains_of(kinds).tolist() == told


def test_a_domain_may_be_said_by_its_own_name_and_other_words_say_nothing():
    assert domains_of(np.array(["Graphic", "photograph", "hologram", ""])).tolist() == ["graphic", "photograph", "", ""]
    assert domains_of(np.empty(0, np.str_)).shape == (0,)


def test_every_domain_but_other_can_be_named_and_has_a_word():
    assert set(TOLD) == set(Domain) - {Domain.OTHER}
    assert set(KINDS.values()) == set(Domain)
