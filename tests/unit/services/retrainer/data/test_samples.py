import numpy as np

from services.retrainer.data.samples import Dataset, Sample, joined


def sample(name, label=0, owner="someone", part="", content=b""):
    return Sample(name=name, label=label, owner=owner, part=part, read=lambda: content)


def test_labels_and_owners_follow_the_order_of_the_samples():
    dataset = Dataset("set", [sample("b", 1, "x"), sample("a", 0, "y")])
    assert dataset.labels.tolist() == [1, 0]
    assert dataset.owners.tolist() == ["x", "y"]


def test_a_selection_keeps_name_and_order():
    dataset = Dataset("set", [sample(name) for name in "abc"]).where(np.array([True, False, True]))
    assert (dataset.name, [one.name for one in dataset.samples]) == ("set", ["a", "c"])


def test_the_fingerprint_covers_names_and_bytes_and_no_order():
    one, two = sample("a", content=b"1"), sample("b", content=b"2")
    fingerprint = Dataset("set", [one, two]).fingerprint()
    assert fingerprint == Dataset("other", [two, one]).fingerprint()
    assert fingerprint != Dataset("set", [one, sample("b", content=b"3")]).fingerprint()
    assert fingerprint != Dataset("set", [one, sample("c", content=b"2")]).fingerprint()


def test_joined_sets_keep_their_names_apart():
    both = joined([Dataset("one", [sample("a")]), Dataset("two", [sample("a")])])
    assert [one.name for one in both.samples] == ["one/a", "two/a"]
    assert both.name == "one + two"


def test_a_single_set_stays_as_it_is():
    alone = Dataset("one", [sample("a")])
    assert joined([alone]) is alone
