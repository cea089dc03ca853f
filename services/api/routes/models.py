"""Model versions and their cards: what scores, and what it says of itself."""

from typing import Annotated

from fastapi import APIRouter, Path

from services.api.deps import PartsOf, Reader
from services.api.documents import ModelDocument, ModelList, problems
from services.api.errors import Problem
from services.api.schemas import VersionOrAlias
from shared.storage import models

router = APIRouter(prefix="/v1/models", tags=["models"])

Version = Annotated[
    VersionOrAlias,
    Path(description="A version, or `champion`, `challenger`, `previous`.", examples=["champion"]),
]


@router.get("", responses=problems("unauthorized", "forbidden", "unavailable"))
def list_models(_: Reader, parts: PartsOf) -> ModelList:
    """All versions, newest first. Needs the scope `read`."""
    with parts.database.transaction() as connection:
        rows = models.all_versions(connection)
    return ModelList(models=[_document(row) for row in rows])


@router.get(
    "/{version}", responses=problems("unauthorized", "forbidden", "not-found", "invalid-request", "unavailable")
)
def read_model(version: Version, _: Reader, parts: PartsOf) -> ModelDocument:
    """One version with its card. Needs the scope `read`."""
    with parts.database.transaction() as connection:
        row = models.get(connection, version)
    if row is None:
        raise Problem("not-found", f"There is no model version or alias {version}.")
    return _document(row)


def _document(row: models.Row) -> ModelDocument:
    return ModelDocument(
        version=row["version"],
        name=row["name"],
        aliases=row["aliases"],
        sha256=row["sha256"].hex(),
        origin=row["origin"],
        created_at=row["created_at"],
        card=row["card"],
    )
