"""What routes ask for: the parts of the process, who calls, and what the headers of a submission say."""

import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Annotated

import structlog
from anyio import CapacityLimiter
from fastapi import Depends, Header, Request, Security
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes
from pydantic import WithJsonSchema

from services.api import limits
from services.api.errors import Problem, invalid
from services.api.key_use import KeyUse
from services.api.limits import RateLimits, Standing
from services.api.middleware import STANDINGS
from services.api.room import Room
from services.api.schemas.base import require_once
from services.api.spool import Spool
from services.api.submit import Submissions
from services.api.visitors import Visitors
from shared.config import Settings
from shared.domain.tenant import Caller, Scope, is_well_formed
from shared.queue.enqueue import Publisher
from shared.storage import tenants
from shared.storage.db import Database
from shared.storage.objects import ObjectStore
from shared.storage.watch import JobWatch

# RFC 7240, section 2: preferences are listed with commas, a value may be quoted, parameters follow a semicolon.
_WAIT = re.compile(r'\s*wait\s*=\s*(?:([0-9]{1,9})|"([0-9]{1,9})")\s*(?:;.*)?', re.IGNORECASE)

# A string of structured fields (RFC 9651, section 3.3.3), or the same visible characters bare.
_KEY = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])+)"|([!#-~]+)')
_KEY_LENGTH = 255

bearer = HTTPBearer(auto_error=False, scheme_name="key", description="`Authorization: Bearer jinwi_…`")


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """Everything that lives as long as the process."""

    settings: Settings
    database: Database
    store: ObjectStore
    publisher: Publisher
    watch: JobWatch
    submissions: Submissions
    limits: RateLimits
    visitors: Visitors
    key_use: KeyUse
    upload_room: Room
    appeal_spool: Spool
    model_spool: Spool
    """Two, so that whoever has a link never keeps a model version waiting, nor the other way round."""
    upload_threads: CapacityLimiter
    """Apart from the threads of all other requests: a frozen object store must not stop reads."""
    health_threads: CapacityLimiter


async def get_parts(request: Request) -> Parts:
    parts: Parts = request.app.state.parts
    return parts


PartsOf = Annotated[Parts, Depends(get_parts)]
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]


async def authenticate(request: Request, needed: SecurityScopes, credentials: Credentials) -> Caller:
    """Who calls, with the scopes that the route needs; counted among the tenant's requests. Raises Problem."""
    return await _admit(request, needed, credentials, limits.Policy.REQUESTS)


async def authenticate_submission(request: Request, needed: SecurityScopes, credentials: Credentials) -> Caller:
    """As `authenticate`, counted among the tenant's submissions."""
    return await _admit(request, needed, credentials, limits.Policy.SUBMISSIONS)


async def _admit(request: Request, needed: SecurityScopes, credentials: Credentials, policy: limits.Policy) -> Caller:
    """One indexed query; a key whose checksum is wrong costs none. From here on log lines name the key."""
    caller = standing = None
    if credentials is not None and is_well_formed(credentials.credentials):
        parts = request.app.state.parts
        caller, standing = await run_in_threadpool(_find_caller, parts, credentials.credentials, policy)
    if caller is None:
        raise Problem(
            "unauthorized",
            "Send `Authorization: Bearer KEY`, with a key that is whole, known and not revoked.",
            headers={"WWW-Authenticate": "Bearer"},
        )
    # Not in the thread, which has a copy of the context: what is bound there is lost.
    structlog.contextvars.bind_contextvars(key_id=str(caller.key_id))
    request.app.state.parts.key_use.note(caller.key_id)
    _require_room(request, standing)
    for scope in needed.scopes:
        if scope not in caller.scopes:
            raise Problem("forbidden", f"This needs a key with the scope `{scope}`.", scope=scope)
    return caller


def _find_caller(parts: Parts, key: str, policy: limits.Policy) -> tuple[Caller | None, Standing | None]:
    with parts.database.transaction() as connection:
        caller = tenants.authenticate(connection, key)
    return caller, parts.limits.take(caller, policy) if caller else None


def _require_room(request: Request, standing: Standing | None) -> None:
    """Let the answer say how the tenant stands; raises the Problem of a limit that is exceeded."""
    if standing is None:
        return
    setattr(request.state, STANDINGS, [*getattr(request.state, STANDINGS, ()), standing])
    if standing.is_exceeded:
        raise limits.refusal(standing)


CountedSubmitter = Annotated[Caller, Security(authenticate_submission, scopes=[Scope.SUBMIT])]


@dataclass(slots=True)
class Place:
    """A place in the tenant's quota of the day, given back at the end of the request unless it was used."""

    used: bool = False


async def _place_in_quota(request: Request, caller: CountedSubmitter, parts: PartsOf) -> AsyncGenerator[Place]:
    """Taken before the body is read, so that no two submissions get the last one."""
    place = Place()
    if not parts.limits.allowed(caller, limits.Policy.QUOTA):
        yield place
        return
    standing = await run_in_threadpool(parts.limits.take, caller, limits.Policy.QUOTA)
    try:
        _require_room(request, standing)
        yield place
    finally:
        if standing and not place.used:
            await run_in_threadpool(parts.limits.give_back, standing)


PlaceInQuota = Annotated[Place, Depends(_place_in_quota)]
Submitter = Annotated[Caller, Security(authenticate, scopes=[Scope.SUBMIT])]
Reader = Annotated[Caller, Security(authenticate, scopes=[Scope.READ])]
Reviewer = Annotated[Caller, Security(authenticate, scopes=[Scope.REVIEW])]
Labeller = Annotated[Caller, Security(authenticate, scopes=[Scope.LABEL])]
Curator = Annotated[Caller, Security(authenticate, scopes=[Scope.MODELS])]
Admin = Annotated[Caller, Security(authenticate, scopes=[Scope.ADMIN])]


async def _require_single_values(request: Request) -> None:
    require_once(name for name, _ in request.query_params.multi_items())


async def _preferred_wait(
    parts: PartsOf,
    prefer: Annotated[
        list[str] | None,
        WithJsonSchema({"type": "string"}),
        Header(description="`wait=N` holds the answer until the job ends, N seconds at most.", examples=["wait=20"]),
    ] = None,
) -> float | None:
    """The first `wait` (RFC 7240, section 4.3), capped; what is not understood is ignored, as section 2 says."""
    for preference in ",".join(prefer or ()).split(","):
        if wait := _WAIT.fullmatch(preference):
            return min(float(wait[1] or wait[2]), parts.settings.max_wait_seconds)
    return None


async def _idempotency_key(
    request: Request,
    key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            description=f"1 to {_KEY_LENGTH} visible ASCII characters, best a UUID, quoted or bare. "
            "The same request sent again with the same key gives the same job.",
            examples=['"8e03978e-40d5-43e8-bc93-6894a57f9324"'],
        ),
    ] = None,
) -> str | None:
    """draft-ietf-httpapi-idempotency-key-header-07, section 2."""
    if key is None:
        return None
    require_once("Idempotency-Key" for _ in request.headers.getlist("Idempotency-Key"))
    read = _KEY.fullmatch(key)
    bare = re.sub(r"\\(.)", r"\1", read[1]) if read and read[1] else key
    if read is None or len(bare) > _KEY_LENGTH:
        raise invalid({"Idempotency-Key": f"is not 1 to {_KEY_LENGTH} visible ASCII characters, quoted or bare"})
    return bare


SingleValues = Annotated[None, Depends(_require_single_values)]
PreferredWait = Annotated[float | None, Depends(_preferred_wait)]
IdempotencyKey = Annotated[str | None, Depends(_idempotency_key)]
