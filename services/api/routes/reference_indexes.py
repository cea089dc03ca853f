"""Reference indexes: pictures that a tenant holds the rights in, known by hash alone. Jobs fill them."""

from typing import Annotated

import structlog
from fastapi import APIRouter, Path

from services.api.deps import PartsOf, Reader, Submitter
from services.api.documents import problems
from services.api.errors import Problem
from services.api.schemas import Line
from services.api.similar_documents import ReferenceIndexDocument, ReferenceIndexList, RemovedIndexDocument
from shared.storage import references

router = APIRouter(prefix="/v1/reference-indexes", tags=["references"])

log = structlog.get_logger("api")


@router.get("", responses=problems("unauthorized", "forbidden", "unavailable"))
def list_reference_indexes(caller: Reader, parts: PartsOf) -> ReferenceIndexList:
    """The tenant's indexes, by name. Needs the scope `read`."""
    with parts.database.transaction() as connection:
        rows = references.indexes(connection, caller.tenant_id)
    return ReferenceIndexList(indexes=[ReferenceIndexDocument(**row) for row in rows])


# A name may hold slashes, which are a path's own once they are decoded.
@router.delete(
    "/{index_name:path}", responses=problems("unauthorized", "forbidden", "not-found", "invalid-request", "unavailable")
)
def remove_reference_index(
    index_name: Annotated[Line, Path(description="As its pictures were sent with.")], caller: Submitter, parts: PartsOf
) -> RemovedIndexDocument:
    """Forget an index with all its hashes. Needs the scope `submit`."""
    with parts.database.transaction() as connection:
        gone = references.remove(connection, caller.tenant_id, index_name)
    if not gone:
        raise Problem("not-found", f"There is no index {index_name}.")
    log.info("reference_index_removed", index=index_name, pictures=gone)
    return RemovedIndexDocument(name=index_name, pictures=gone)
