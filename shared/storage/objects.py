"""The object store: images by holder and hash, model files by version. The only place that knows S3.

Two dialects of failure: MinIO answers an XML error that the SDK raises as `S3Error`; `rclone serve s3` sends the
same XML as text/xml, which the SDK raises as `InvalidResponseError`, and HEAD without any body.
"""

import contextlib
import hashlib
import io
import json
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import BinaryIO, Literal
from uuid import UUID

import urllib3
from minio import Minio
from minio.error import InvalidResponseError, MinioException, S3Error

from shared.config import Settings
from shared.errors import JobError, ObjectDamaged, Outage

MISSING = frozenset({"NoSuchKey", "NoSuchObject", "ResourceNotFound"})


SHA256_DIGITS = 64

SIGNATURE = "model.sig"
"""Beside the files that a version's manifest names; it is over that manifest too."""

GOLD: Literal["gold"] = "gold"
"""In the place of a tenant: the installation's own labelled pictures."""

Holder = UUID | Literal["gold"]


class ObjectMissing(Exception):
    """Internal to this module's callers: nothing lies under that key."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredImage:
    tenant_id: UUID
    sha256: bytes
    bytes: int
    modified: datetime


@contextlib.contextmanager
def _translated() -> Generator[None]:
    try:
        yield
    except S3Error as exc:
        if exc.code in MISSING:
            raise ObjectMissing from exc
        raise Outage("objects", f"{exc.code}: {exc.message}") from exc
    except InvalidResponseError as exc:
        if "NoSuchKey" in str(exc) or "error code: 404" in str(exc):
            raise ObjectMissing from exc
        raise Outage("objects", str(exc)) from exc
    except (MinioException, urllib3.exceptions.HTTPError, OSError) as exc:
        raise Outage("objects", f"{type(exc).__name__}: {exc}") from exc


def image_key(holder: Holder, sha256: bytes) -> str:
    return f"{holder}/{sha256.hex()}"


class ObjectStore:
    """Thread-safe; make it after a fork. Every method raises Outage when the store is away."""

    def __init__(self, settings: Settings) -> None:
        self._images = settings.s3_images_bucket
        self._models = settings.s3_models_bucket
        self._client = Minio(
            settings.s3_endpoint,
            access_key=settings.s3_access_key.get_secret_value(),
            secret_key=settings.s3_secret_key.get_secret_value(),
            secure=settings.s3_secure,
            region=settings.s3_region,
            http_client=urllib3.PoolManager(
                maxsize=16,
                timeout=urllib3.Timeout(connect=3, read=10),
                retries=urllib3.Retry(total=1, backoff_factor=0.1, status_forcelist=[500, 502, 503, 504]),
            ),
        )

    def make_buckets(self) -> None:
        with _translated():
            for bucket in (self._images, self._models):
                if not self._client.bucket_exists(bucket):
                    self._client.make_bucket(bucket)

    def check(self) -> None:
        """Raise Outage unless the bucket of images answers."""
        with _translated():
            if not self._client.bucket_exists(self._images):
                raise Outage("objects", f"there is no bucket {self._images}")

    def put_image(self, holder: Holder, sha256: bytes, file: BinaryIO, size: int) -> None:
        """Store the bytes unless they are there: what lies whole under its own hash need not be written again."""
        if self.has_image(holder, sha256, size):
            return
        with _translated():
            # One part of 5 MiB in memory at a time, not three.
            self._client.put_object(self._images, image_key(holder, sha256), file, size, num_parallel_uploads=1)

    def has_image(self, holder: Holder, sha256: bytes, size: int | None = None) -> bool:
        """Whether bytes lie under the hash; with `size`: so many, for a crash of the store may leave fewer."""
        try:
            with _translated():
                found = self._client.stat_object(self._images, image_key(holder, sha256))
        except ObjectMissing:
            return False
        return size is None or found.size == size

    def get_image(self, holder: Holder, sha256: bytes) -> bytes:
        """The bytes as submitted; raises JobError("object_missing") or ObjectDamaged."""
        try:
            data = self._get(self._images, image_key(holder, sha256))
        except ObjectMissing as exc:
            raise JobError("object_missing", sha256.hex()) from exc
        if hashlib.sha256(data).digest() != sha256:
            raise ObjectDamaged("object_damaged", sha256.hex())
        return data

    def image_pieces(self, tenant_id: UUID, sha256: bytes) -> Iterator[bytes]:
        """The bytes as submitted, a MiB at a time and unchecked; raises JobError("object_missing") before the first."""
        pieces = self._pieces(self._images, image_key(tenant_id, sha256))
        try:
            first = next(pieces, b"")
        except ObjectMissing as exc:
            raise JobError("object_missing", sha256.hex()) from exc
        return chain([first], pieces)

    def delete_image(self, holder: Holder, sha256: bytes) -> None:
        with contextlib.suppress(ObjectMissing), _translated():
            self._client.remove_object(self._images, image_key(holder, sha256))

    def gold(self) -> Iterator[tuple[bytes, datetime]]:
        """SHA-256 and time of the labelled pictures that lie in the bucket of images."""
        with _translated():
            for item in self._client.list_objects(self._images, prefix=f"{GOLD}/", recursive=True):
                with contextlib.suppress(ValueError):
                    yield bytes.fromhex(item.object_name.removeprefix(f"{GOLD}/")), item.last_modified

    def images(self) -> Iterator[StoredImage]:
        """Everything in the bucket of images whose key is a tenant's."""
        with _translated():
            for item in self._client.list_objects(self._images, recursive=True):
                tenant, _, digest = item.object_name.partition("/")
                if len(digest) != SHA256_DIGITS:
                    continue
                with contextlib.suppress(ValueError):
                    yield StoredImage(
                        tenant_id=UUID(tenant),
                        sha256=bytes.fromhex(digest),
                        bytes=item.size,
                        modified=item.last_modified,
                    )

    def put_model(self, version: str, files: Mapping[str, BinaryIO]) -> None:
        """Upload a version's files, the manifest last, so that a half-uploaded version has none.

        What else lies there is left of an upload that was broken off, and goes first.
        """
        with _translated():
            for item in self._client.list_objects(self._models, prefix=f"{version}/", recursive=True):
                if item.object_name.removeprefix(f"{version}/") not in files:
                    self._client.remove_object(self._models, item.object_name)
            for name in sorted(files, key=lambda name: (name == "manifest.json", name)):
                file = files[name]
                file.seek(0, io.SEEK_END)
                size = file.tell()
                file.seek(0)
                # One part of 5 MiB in memory at a time, not three.
                self._client.put_object(self._models, f"{version}/{name}", file, size, num_parallel_uploads=1)

    def remove_model(self, version: str) -> None:
        """Delete all files of a version, the manifest first, so that what is half-removed is nobody's."""
        names = sorted(self.model_sizes(version), key=lambda name: (name != "manifest.json", name))
        with _translated():
            for name in names:
                self._client.remove_object(self._models, f"{version}/{name}")

    def get_model(self, version: str, into: Path) -> None:
        """Download a version's files, and its signature if it has one; raises Outage("model") unless all are there."""
        into.mkdir(parents=True, exist_ok=True)
        try:
            manifest = self._get(self._models, f"{version}/manifest.json")
            for name in json.loads(manifest)["files"]:
                with (into / Path(name).name).open("wb") as file:
                    file.writelines(self._pieces(self._models, f"{version}/{name}"))
        except ObjectMissing as exc:
            raise Outage("model", f"version {version} is not whole in the object store") from exc
        if (signature := self.get_signature(version)) is not None:
            (into / SIGNATURE).write_bytes(signature)
        (into / "manifest.json").write_bytes(manifest)

    def get_signature(self, version: str) -> bytes | None:
        try:
            return self._get(self._models, f"{version}/{SIGNATURE}")
        except ObjectMissing:
            return None

    def add_signature(self, version: str, signature: bytes) -> None:
        """Lay a signature beside the files of a version that has none; what is there is never replaced."""
        if self.get_signature(version) is None:
            with _translated():
                self._client.put_object(self._models, f"{version}/{SIGNATURE}", io.BytesIO(signature), len(signature))

    def model_sizes(self, version: str) -> dict[str, int]:
        """Bytes of each file of a version by name."""
        with _translated():
            listed = self._client.list_objects(self._models, prefix=f"{version}/", recursive=True)
            return {item.object_name.removeprefix(f"{version}/"): int(item.size) for item in listed}

    def model_file(self, version: str, name: str) -> Generator[bytes]:
        """The bytes of one file of a version, a MiB at a time; raises Outage("model") where it is not there."""
        try:
            yield from self._pieces(self._models, f"{version}/{name}")
        except ObjectMissing as exc:
            raise Outage("model", f"{name} of version {version} is not in the object store") from exc

    def _get(self, bucket: str, key: str) -> bytes:
        return b"".join(self._pieces(bucket, key))

    def _pieces(self, bucket: str, key: str) -> Generator[bytes]:
        """An object's bytes, a MiB at a time."""
        with _translated():
            response = self._client.get_object(bucket, key)
            try:
                yield from response.stream(1 << 20)
            finally:
                response.close()
                response.release_conn()
