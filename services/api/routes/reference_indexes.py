"""Reference indexes: pictures that a tenant holds the rights in, known by hash and embedding. Jobs fill them."""

from typing import Annotated

import structlog
from fastapi import APIRouter, Path, Query

from services.api.deps import PartsOf, Reader, SingleValues, Submitter
from services.api.errors import Problem
from services.api.schemas.fields import Line
from services.api.schemas.problems import problems
from services.api.schemas.reference_indexes import (
    ReferenceIndexDocument,
    ReferenceIndexList,
    ReferencePictureDocument,
    ReferencePictureList,
    ReferenceQuery,
    RemovedIndexDocument,
)
from shared.storage import references, tenants

router = APIRouter(prefix="/v1/reference-indexes", tags=["references"])

log = structlog.get_logger("api")

IndexName = Annotated[Line, Path(description="As its pictures were sent with.")]


@router.get("", responses=problems("unauthorized", "forbidden", "unavailable"))
def list_reference_indexes(caller: Reader, parts: PartsOf) -> ReferenceIndexList:
    """The tenant's indexes, by name. Needs the scope `read`."""
    with parts.database.transaction() as connection:
        rows = references.indexes(connection, caller.tenant_id)
    return ReferenceIndexList(indexes=[ReferenceIndexDocument(**row) for row in rows])


# A name may hold slashes, which are a path's own once they are decoded.
@router.get(
    "/{index_name:path}", responses=problems("unauthorized", "forbidden", "not-found", "invalid-request", "unavailable")
)
def list_reference_pictures(
    index_name: IndexName, caller: Reader, _: SingleValues, parts: PartsOf, query: Annotated[ReferenceQuery, Query()]
) -> ReferencePictureList:
    """What an index holds, by the files' hashes, a page at a time. Needs the scope `read`."""
    after = bytes.fromhex(query.after) if query.after else b""
    with parts.database.transaction() as connection:
        _, policy = tenants.policy(connection, caller.tenant_id)
        found = references.pictures(
            connection, caller.tenant_id, index_name, version=policy.model, after=after, limit=query.limit + 1
        )
    if not found and not after:
        raise Problem("not-found", f"There is no index {index_name}.")
    shown = [ReferencePictureDocument(**{**row, "sha256": row["sha256"].hex()}) for row in found[: query.limit]]
    return ReferencePictureList(pictures=shown, next_after=shown[-1].sha256 if len(found) > len(shown) else None)


@router.delete(
    "/{index_name:path}", responses=problems("unauthorized", "forbidden", "not-found", "invalid-request", "unavailable")
)
def remove_reference_index(index_name: IndexName, caller: Submitter, parts: PartsOf) -> RemovedIndexDocument:
    """Forget an index with all its hashes. Needs the scope `submit`."""
    with parts.database.transaction() as connection:
        gone = references.remove(connection, caller.tenant_id, index_name)
    if not gone:
        raise Problem("not-found", f"There is no index {index_name}.")
    log.info("reference_index_removed", index=index_name, pictures=gone)
    return RemovedIndexDocument(name=index_name, pictures=gone)
