"""The form of an appeal: what was written, and files that nobody opens."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from services.api.pages.markup import clean
from services.api.schemas.appeals import AppealRequest
from services.api.schemas.base import read
from shared.domain.appeal import MAX_FILES, NAME_LENGTH
from shared.storage.appeals import AppealFile


class Refused(Exception):
    """An appeal that is not taken: a `problem` that the page has words for, and the HTTP status."""

    def __init__(self, problem: str, status: int) -> None:
        super().__init__(problem)
        self.problem = problem
        self.status = status


@dataclass(frozen=True, kw_only=True, slots=True)
class Appeal:
    message: str
    contact: str | None
    files: list[AppealFile]


def read_appeal(form: FormData, file_bytes: int, all_bytes: int) -> Appeal:
    """Check what was sent, its files against these limits; raises Refused."""
    written = {name: value for name, value in form.multi_items() if isinstance(value, str)}
    fields = {
        # A form sends every line end as CR LF (HTML Standard, "constructing the entry list").
        "message": written.get("message", "").replace("\r\n", "\n").strip(),
        "contact": written.get("contact", "").strip() or None,
    }
    try:
        said = read(AppealRequest, fields)
    except HTTPException as exc:
        wrong = {error["field"] for error in getattr(exc, "document", {}).get("errors", ())}
        raise Refused("message" if "message" in wrong else "contact", 422) from exc
    return Appeal(message=said.message, contact=said.contact, files=list(_files(form, file_bytes, all_bytes)))


def unreadable(exc: HTTPException) -> Refused:
    """What broke off, is no form, or is larger than any that is taken."""
    if exc.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return Refused("file_size", exc.status_code)
    if "too many files" in str(exc.detail).lower():
        return Refused("files", 422)
    return Refused("form", 400)


def _files(form: FormData, file_bytes: int, all_bytes: int) -> Iterator[AppealFile]:
    # A field of files that was left empty is sent as one file without a name.
    sent = [file for file in form.getlist("files") if isinstance(file, UploadFile) and file.filename]
    sizes = [file.size or 0 for file in sent]
    if len(sent) > MAX_FILES:
        raise Refused("files", 422)
    if 0 in sizes:
        raise Refused("empty_file", 422)
    if sum(sizes) > all_bytes or any(size > file_bytes for size in sizes):
        raise Refused("file_size", 413)
    for file, size in zip(sent, sizes, strict=True):
        file.file.seek(0)
        sha256 = hashlib.file_digest(file.file, "sha256").digest()
        yield AppealFile(name=_name(file.filename or ""), size=size, sha256=sha256, file=file.file)


def _name(given: str) -> str:
    """The last part of the path, as some browsers send one, without what no line should hold."""
    last = given.replace("\\", "/").rpartition("/")[2]
    return clean(last).replace("\n", " ").replace("\t", " ")[:NAME_LENGTH] or "file"
