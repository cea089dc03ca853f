import pytest

from services.api.errors import Problem
from services.api.schemas.base import require_once
from services.api.schemas.jobs import LinkSubmission
from tests.unit.services.api.schemas.complaints import refused


def test_every_wrong_field_is_named_at_once():
    assert refused(LinkSubmission, lane="fast", color="red") == {"lane", "color", "url"}


def test_what_is_given_twice_is_refused_by_name():
    require_once(["limit", "state"])
    with pytest.raises(Problem) as caught:
        require_once(["limit", "state", "limit"])
    assert caught.value.document["errors"] == [{"field": "limit", "message": "is given twice"}]
