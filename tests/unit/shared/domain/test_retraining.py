import pytest

from shared.domain.retraining import Harvest, Refusal


def test_a_harvest_whose_counts_do_not_add_up_is_refused():
    with pytest.raises(ValueError, match="add up"):
        Harvest(considered=3, admitted=1, refused={Refusal.UNSTABLE: 1})


def test_a_harvest_says_its_counts_by_reason():
    harvest = Harvest(considered=3, admitted=1, refused={Refusal.UNSTABLE: 1, Refusal.OUTLIER: 1})
    assert harvest.document() == {"considered": 3, "admitted": 1, "refused": {"outlier": 1, "unstable": 1}}
