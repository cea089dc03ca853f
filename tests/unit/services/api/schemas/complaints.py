"""What the API finds wrong with a request, field by field."""

import pytest

from services.api.errors import Problem
from services.api.schemas.base import Request, read


def complaints(request: type[Request], **values) -> dict[str, str]:
    """What the problem says of each field that it names."""
    with pytest.raises(Problem) as caught:
        read(request, values)
    assert caught.value.status_code == 422
    return {error["field"]: error["message"] for error in caught.value.document["errors"]}


def refused(request: type[Request], **values) -> set[str]:
    """The fields that the problem names."""
    return set(complaints(request, **values))
