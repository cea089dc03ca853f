import numpy as np
import pytest

from services.retrainer.data.samples import Dataset, Sample
from services.retrainer.evaluation.predictions import Predictions
from tests.unit.services.retrainer.evaluation.made import predictions


def test_probabilities_are_those_that_were_given():
    samples = [Sample(name=f"{n}", label=n % 2, owner="o", read=bytes, kind="photo") for n in range(3)]
    made = Predictions.from_probabilities(Dataset("set", samples), np.array([0.0, 0.3, 1.0]))
    assert made.probabilities == pytest.approx([0, 0.3, 1], abs=1e-12)
    assert made.kinds.tolist() == ["photo"] * 3


def test_a_logit_that_is_no_number_is_refused():
    with pytest.raises(ValueError, match="not finite"):
        predictions([0.0, np.nan], [0, 1])


def test_columns_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="differ in length"):
        predictions([0.0, 1.0], [0, 1], owners=["one"])
