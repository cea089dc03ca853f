import math

import pytest
from pydantic import ValidationError

from services.api.schemas.policy import PolicyRequest
from tests.unit.services.api.schemas.complaints import refused


@pytest.mark.parametrize(
    "values",
    [
        {"retention_days": 0},
        {"retention_days": 3651},
        {"retention_days": True},
        {"model": "champion"},
        {"evidence": "all"},
        {"provenance": "trust"},
        {"domain_cap": 1.1},
        {"domain_cap": -0.01},
        {"domain_cap": True},
        {"domain_cap": "10 %"},
    ],
)
def test_a_policy_out_of_its_bounds_is_refused(values):
    assert refused(PolicyRequest, **values) == set(values)


@pytest.mark.parametrize("threshold", [-0.1, 1.1, math.nan, math.inf])
def test_a_threshold_is_a_probability(threshold):
    with pytest.raises(ValidationError):
        PolicyRequest(thresholds={"likely_ai": threshold})
