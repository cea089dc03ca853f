from services.api.schemas.base import read
from services.api.schemas.reviews import ReviewRequest
from tests.unit.services.api.schemas.complaints import refused


def test_a_reason_may_have_lines_and_a_reviewer_is_one():
    review = {"label": "ai", "reason": "six fingers\nand a seam", "reviewer": "Kim"}
    assert read(ReviewRequest, review).reason == review["reason"]
    assert refused(ReviewRequest, **review | {"reviewer": "Kim\n", "label": "robot"}) == {"reviewer", "label"}
