"""The pages of results at `/r/TOKEN`, for whoever has a link, without a key. Errors are pages: people read them."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Annotated
from urllib.parse import urlsplit

import structlog
from anyio import to_thread
from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, StreamingResponse
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from services.api.deps import Parts, PartsOf
from services.api.errors import RETRY_SECONDS
from services.api.overlay import overlay
from services.api.pages.appeal_form import Refused, read_appeal, unreadable
from services.api.pages.languages import choose
from services.api.pages.result import content_security_policy, notice_page, result_page
from services.api.pages.texts import Texts
from services.api.pages.view import View
from services.api.spool import CROWDED_SECONDS, Crowded
from services.api.visitors import APPEAL_COST
from shared.domain.appeal import MAX_APPEALS, MAX_FILES
from shared.domain.job import Job, State
from shared.domain.link_token import is_well_formed
from shared.domain.statement import canonical
from shared.errors import JobError, Outage
from shared.storage import appeals, jobs, links, models
from shared.storage.links import Opened

router = APIRouter(prefix="/r/{token}", include_in_schema=False)

FORM_FIELDS = 4
FIELD_BYTES = 32 << 10

UNINDEXED = {"X-Robots-Tag": "noindex"}

MEDIA_TYPES = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "gif": "image/gif",
    "avif": "image/avif",
    "heic": "image/heic",
}

log = structlog.get_logger("api")


class Gone(Exception):
    """Nothing is shown: a page with this status says why."""

    def __init__(self, status: int, retry_after: int | None = None) -> None:
        super().__init__(str(status))
        self.status = status
        self.retry_after = retry_after


async def _texts(request: Request) -> Texts:
    return choose(request.query_params.get("lang"), request.headers.get("accept-language", ""))


TextsOf = Annotated[Texts, Depends(_texts)]


@router.get("")
def show_result(token: str, request: Request, parts: PartsOf, texts: TextsOf) -> Response:
    """The result as a page, which prints as a statement."""

    def answer() -> Response:
        link, _ = _open(parts, request, token)
        return _page(_view(parts, request, texts, token, link))

    return _guarded(texts, answer)


@router.get("/image")
async def show_image(token: str, request: Request, parts: PartsOf, texts: TextsOf) -> Response:
    """The picture as it was submitted."""

    def answer() -> Response:
        link, job = _open(parts, request, token)
        if job.sha256 is None or job.image_format not in MEDIA_TYPES:
            raise Gone(404)
        try:
            pieces = parts.store.image_pieces(link.tenant_id, job.sha256)
        except JobError as exc:
            raise Gone(404) from exc
        return StreamingResponse(pieces, media_type=MEDIA_TYPES[job.image_format], headers=UNINDEXED)

    return await to_thread.run_sync(_guarded, texts, answer, limiter=parts.upload_threads)


@router.get("/map.png")
def show_map(token: str, request: Request, parts: PartsOf, texts: TextsOf) -> Response:
    """The map of evidence, to be laid over the picture."""

    def answer() -> Response:
        link, job = _open(parts, request, token)
        with parts.database.transaction() as connection:
            evidence = jobs.evidence_map(connection, link.tenant_id, job.id)
        if evidence is None or job.image_width is None or job.image_height is None:
            raise Gone(404)
        return Response(overlay(evidence, job.image_width, job.image_height), media_type="image/png", headers=UNINDEXED)

    return _guarded(texts, answer)


@router.get("/answer.json")
def show_answer(token: str, request: Request, parts: PartsOf, texts: TextsOf) -> Response:
    """The very bytes of which the page states the hash."""

    def answer() -> Response:
        _, job = _open(parts, request, token)
        result = job.document()["result"]
        if result is None:
            raise Gone(404)
        return Response(canonical(result), media_type="application/json", headers=UNINDEXED)

    return _guarded(texts, answer)


@router.post("/appeals")
async def make_appeal(token: str, request: Request, parts: PartsOf, texts: TextsOf) -> Response:
    """Take an appeal; the body is read only where the token leads to what may be appealed against."""
    try:
        link, _ = await run_in_threadpool(_open, parts, request, token, APPEAL_COST)
    except (Gone, Outage) as exc:
        return _gone(texts, exc)
    draft: dict[str, str] = {}
    limits = {"max_files": MAX_FILES + 1, "max_fields": FORM_FIELDS, "max_part_size": FIELD_BYTES}
    try:
        _require_our_own(request)
        await run_in_threadpool(_require_appealable, parts, link)
        # One body at a time against one result: whoever has its link leaves places to others.
        async with parts.appeal_spool.form(request, link.job_id, **limits) as form:
            draft |= {name: value for name, value in form.items() if isinstance(value, str)}
            await to_thread.run_sync(_keep, parts, token, link, form, limiter=parts.upload_threads)
    except (Gone, Outage) as exc:
        return _gone(texts, exc)
    except Crowded:
        return _gone(texts, Gone(503, CROWDED_SECONDS))
    except (Refused, HTTPException) as exc:
        refused = exc if isinstance(exc, Refused) else unreadable(exc)

        def again() -> Response:
            return _page(_view(parts, request, texts, token, link, refused=refused, draft=draft), refused.status)

        return await run_in_threadpool(_guarded, texts, again)
    log.info("appeal_made", job_id=str(link.job_id), link_id=str(link.link_id))
    # Relative, as the page's own addresses are: a proxy may have put the API below a path.
    return RedirectResponse(f"../{token}?lang={texts.code}&sent=1#appeals", status_code=303)


def _require_appealable(parts: Parts, link: Opened) -> None:
    """Raise Refused where no appeal is taken, before one is sent whose files would lie in the store for nothing."""
    with parts.database.transaction() as connection:
        if appeals.appealable(connection, link, at_most=MAX_APPEALS) is None:
            raise Refused("too_many", 409)


def _keep(parts: Parts, token: str, link: Opened, form: FormData) -> None:
    """The files' bytes first, then one transaction, as with an image; raises Refused, Gone and Outage."""
    said = read_appeal(form, parts.settings.appeal_file_bytes, parts.settings.appeal_bytes)
    for one in said.files:
        one.file.seek(0)
        parts.store.put_image(link.tenant_id, one.sha256, one.file, one.size)
    with parts.database.transaction() as connection:
        # The body may have taken minutes.
        found = links.open_link(connection, token)
        if found is None or found.closed:
            raise Gone(410 if found else 404)
        made = appeals.make(
            connection,
            parts.store,
            link,
            message=said.message,
            contact=said.contact,
            files=said.files,
            at_most=MAX_APPEALS,
        )
    if made is None:
        raise Refused("too_many", 409)


def _require_our_own(request: Request) -> None:
    """Raise Refused for a form that another site sent: a browser says where it comes from, other programs need not."""
    headers = request.headers
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    elsewhere = origin is not None and urlsplit(origin).netloc != headers.get("host")
    if elsewhere or site not in (None, "same-origin"):
        raise Refused("origin", 403)


def _open(parts: Parts, request: Request, token: str, cost: int = 1) -> tuple[Opened, Job]:
    """What the token leads to; raises Gone. Whoever tries tokens is soon told to wait."""
    address = request.client.host if request.client else ""
    if wait := parts.visitors.wait(address, cost):
        raise Gone(429, wait)
    link = job = None
    if is_well_formed(token):
        with parts.database.transaction() as connection:
            link = links.open_link(connection, token)
            job = jobs.get(connection, link.tenant_id, link.job_id) if link else None
    if link is None or job is None or job.state is State.ERASED:
        parts.visitors.miss(address)
        raise Gone(404)
    if link.closed:
        raise Gone(410)
    return link, job


def _view(
    parts: Parts,
    request: Request,
    texts: Texts,
    token: str,
    link: Opened,
    *,
    refused: Refused | None = None,
    draft: Mapping[str, str] = MappingProxyType({}),
) -> View:
    with parts.database.transaction() as connection:
        job = jobs.get(connection, link.tenant_id, link.job_id)
        if job is None:
            raise Gone(404)
        model = models.get(connection, job.result["model"]["version"]) if job.result else None
        made = appeals.of_job(connection, link.tenant_id, link.job_id)
        has_map = jobs.evidence_map(connection, link.tenant_id, link.job_id) is not None
        now = links.clock(connection)
    return View(
        texts=texts,
        # Below the page that refuses an appeal, and that shows the result, lie the same things.
        base=f"../{token}" if request.url.path.endswith("/appeals") else token,
        address=f"{request.base_url}r/{token}",
        now=now,
        job=job,
        card=model["card"] if model else {},
        has_map=has_map,
        appeals=made,
        may_appeal=job.result is not None and len(made) < MAX_APPEALS,
        file_bytes=parts.settings.appeal_file_bytes,
        all_bytes=parts.settings.appeal_bytes,
        sent="sent" in request.query_params and bool(made),
        problem=refused.problem if refused else None,
        draft=draft,
    )


def _guarded(texts: Texts, answer: Callable[[], Response]) -> Response:
    try:
        return answer()
    except (Gone, Outage) as exc:
        return _gone(texts, exc)


def _gone(texts: Texts, exc: Gone | Outage) -> Response:
    if isinstance(exc, Outage):
        log.warning("outage", part=exc.part, detail=exc.detail)
        exc = Gone(503, RETRY_SECONDS)
    response = _html(notice_page(texts, exc.status), texts, exc.status)
    if exc.retry_after:
        response.headers["Retry-After"] = str(exc.retry_after)
    return response


def _page(view: View, status: int = 200) -> Response:
    return _html(result_page(view), view.texts, status)


def _html(page: str, texts: Texts, status: int) -> Response:
    headers = {
        "Content-Security-Policy": content_security_policy(),
        "Content-Language": texts.code,
        "Vary": "Accept-Language",
        # The address is a secret: other sites never learn it, but our own form says where it comes from.
        "Referrer-Policy": "same-origin",
        "X-Robots-Tag": "noindex, nofollow",
    }
    return HTMLResponse(page, status, headers)
