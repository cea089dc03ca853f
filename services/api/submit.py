"""The use case of a submission: check, store, write the job, ring. Nothing is kept of one that is refused."""

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import BinaryIO
from uuid import UUID

import structlog

from services.api.backlog import Backlog
from services.api.errors import refusal
from services.api.links import check_links
from services.api.schemas.jobs import LinkSubmission, Submission
from shared.config import Settings
from shared.domain.job import Job, Lane, Stage
from shared.errors import ImageRefused
from shared.imaging.header import Header, check_header, read_header
from shared.queue.enqueue import Publisher
from shared.storage import images, jobs
from shared.storage.db import Connection, Database
from shared.storage.jobs import Idempotency, NewJob
from shared.storage.objects import ObjectStore

log = structlog.get_logger("api")


@dataclass(frozen=True, kw_only=True, slots=True)
class Upload:
    """An image file whose header was accepted."""

    file: BinaryIO
    size: int
    sha256: bytes
    header: Header


def examine(file: BinaryIO, settings: Settings) -> Upload:
    """Look at the header and hash the bytes; raises the Problem that says why the file is refused."""
    try:
        header = read_header(file)
        check_header(header, settings.max_pixels, settings.max_side)
    except ImageRefused as exc:
        raise refusal(exc, "image") from exc
    file.seek(0)
    sha256 = hashlib.file_digest(file, "sha256").digest()
    return Upload(file=file, size=file.tell(), sha256=sha256, header=header)


@dataclass(frozen=True, kw_only=True, slots=True)
class Submissions:
    database: Database
    store: ObjectStore
    publisher: Publisher
    backlog: Backlog
    settings: Settings

    def accept(
        self, tenant_id: UUID, said: Submission | LinkSubmission, file: BinaryIO | None, key: str | None
    ) -> tuple[Job, bool]:
        """The job, and whether `key` had made it before. Either `said` has a link or there is a `file`.

        Raises Problem for what is refused, IdempotencyMismatch, and Outage, after which nothing is half-written:
        at worst bytes without a job, which the collector removes.
        """
        new = _new_job(tenant_id, said, is_image=file is not None)
        check_links(self.settings.allowed_networks, url=new.url, callback_url=new.callback_url)
        upload = examine(file, self.settings) if file else None
        idempotency = self._idempotency(said, upload, key)
        if idempotency and (earlier := self._replay(tenant_id, idempotency)):
            return earlier, True
        if new.lane is Lane.BULK:
            self.backlog.require_room()
        if upload:
            new = replace(new, sha256=upload.sha256)
            upload.file.seek(0)
            self.store.put_image(tenant_id, upload.sha256, upload.file, upload.size)
        job, made = self._write(new, upload, idempotency)
        if made:
            self.publisher.offer(job.stage, job.lane, job.id)
            log.info("job_submitted", job_id=str(job.id), tenant_id=str(tenant_id), stage=job.stage, lane=job.lane)
        return job, not made

    def _idempotency(self, said: Submission, upload: Upload | None, key: str | None) -> Idempotency | None:
        """The fingerprint is made of what is meant: multipart boundaries differ between two tries."""
        if key is None:
            return None
        # What came later and was not said is left out: a retry after an upgrade still means the same.
        later = {name for name in ("evidence", "reference_index") if getattr(said, name) is None}
        meant = said.model_dump(mode="json", exclude=later) | {"image": upload.sha256.hex() if upload else None}
        return Idempotency(
            key=key,
            fingerprint=hashlib.sha256(json.dumps(meant, sort_keys=True).encode()).digest(),
            remember=timedelta(hours=self.settings.idempotency_hours),
        )

    def _replay(self, tenant_id: UUID, idempotency: Idempotency) -> Job | None:
        """Looked for before anything is stored; `jobs.submit` looks again, under the key's lock."""
        with self.database.transaction() as connection:
            job_id = jobs.replay(connection, tenant_id, idempotency)
            return jobs.get(connection, tenant_id, job_id) if job_id else None

    def _write(self, new: NewJob, upload: Upload | None, idempotency: Idempotency | None) -> tuple[Job, bool]:
        """The job, and whether it was made now."""
        with self.database.transaction() as connection:
            if upload:
                self._lock(connection, new.tenant_id, upload)
            job_id, made = jobs.submit(connection, new, idempotency)
            job = jobs.get(connection, new.tenant_id, job_id)
        assert job is not None
        return job, made

    def _lock(self, connection: Connection, tenant_id: UUID, upload: Upload) -> None:
        images.lock_stored(
            connection,
            self.store,
            upload.file,
            tenant_id=tenant_id,
            sha256=upload.sha256,
            size=upload.size,
            image_format=upload.header.format,
            width=upload.header.width,
            height=upload.header.height,
        )


def _new_job(tenant_id: UUID, said: Submission | LinkSubmission, *, is_image: bool) -> NewJob:
    return NewJob(
        tenant_id=tenant_id,
        stage=Stage.SCORE if is_image else Stage.FETCH,
        lane=said.lane,
        url=said.url if isinstance(said, LinkSubmission) else None,
        external_id=said.external_id,
        metadata=said.metadata,
        callback_url=said.callback_url,
        allow_training=said.allow_training,
        evidence=said.evidence,
        reference_index=said.reference_index,
    )
