"""Every error that crosses a module boundary, in one tree.

JinwiError
├── JobError            about one job; its `reason` is kept with the job
│   ├── ImageRefused    permanent: these bytes will never become pixels
│   ├── LinkRefused     permanent: this link will never give an image
│   ├── LinkUnreachable passing: the link's server or the way to it is away; tried again
│   ├── ObjectDamaged   counted: the stored bytes are not those that were submitted
│   ├── DecoderDied     counted: the decoder was killed by, or over, this image
│   └── Unscorable      counted: the model fails on this picture, and not on those that it brings along
├── Outage              ours, passing: database, object store, broker, model or decoder is away
│   └── Busy            another process is at the same work
├── IllegalTransition   a state machine was asked for a move that it does not have
├── ForceNeeded         a version that was stopped is promoted only by force
├── IdempotencyMismatch one idempotency key, two different requests
├── ModelRefused        a model file whose hash, card or golden outputs do not match
│   └── SignatureRefused    nobody who is trusted vouches for these files
│       ├── Unsigned            there is no signature where one must be
│       ├── KeyNotTrusted       it is by a key that is not on the list
│       ├── SignatureDamaged    it cannot be read, or is not that of the key that it names
│       └── FilesChanged        it is over other files than these
├── ArchiveRefused      a file is no model version, or not one that may be unpacked
│   └── ArchiveTruncated    it ends too early
├── OtherLabel          a picture with a known label is said to be the opposite
├── VersionTaken        the number of a model version belongs to other files
├── VersionReserved     it is kept for the candidate of a retraining run that is under way
├── VersionNeeded       a version that something still needs is not removed
└── ConfigurationError  the operator's settings; the message says what to change
"""

from collections.abc import Sequence
from uuid import UUID


class JinwiError(Exception):
    """Base of all."""


class JobError(JinwiError):
    """`reason` is one word of `shared.domain.job.REASONS`, `detail` a sentence for a person."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class ImageRefused(JobError):
    pass


class LinkRefused(JobError):
    pass


class LinkUnreachable(JobError):
    pass


class ObjectDamaged(JobError):
    pass


class DecoderDied(JobError):
    pass


class Unscorable(JobError):
    pass


class Outage(JinwiError):
    """`part` names what is away: postgres, objects, redis, model or decoder."""

    def __init__(self, part: str, detail: str) -> None:
        super().__init__(f"{part}: {detail}")
        self.part = part
        self.detail = detail


class Busy(Outage):
    pass


class IllegalTransition(JinwiError):
    pass


class ForceNeeded(JinwiError):
    pass


class IdempotencyMismatch(JinwiError):
    pass


class ModelRefused(JinwiError):
    pass


class SignatureRefused(ModelRefused):
    pass


class Unsigned(SignatureRefused):
    pass


class KeyNotTrusted(SignatureRefused):
    """`fingerprint` is what the signature says of its key."""

    def __init__(self, fingerprint: str) -> None:
        super().__init__(f"it is signed by a key that is not trusted here: {fingerprint[:128]}")
        self.fingerprint = fingerprint[:128]


class SignatureDamaged(SignatureRefused):
    pass


class FilesChanged(SignatureRefused):
    """`names` are the files that differ from those that were signed, are missing or were added."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(f"not as signed: {', '.join(names)}")
        self.names = names


class ConfigurationError(JinwiError):
    pass


class VersionTaken(JinwiError):
    def __init__(self, version: str) -> None:
        super().__init__(f"version {version} is taken by other files: the next number is needed")
        self.version = version


class VersionReserved(JinwiError):
    def __init__(self, version: str, run_id: UUID) -> None:
        super().__init__(f"version {version} is kept for the retraining run {run_id}, which is under way")
        self.version = version
        self.run_id = run_id


class VersionNeeded(JinwiError):
    """The message says who needs it, and what to do first."""


class ArchiveRefused(JinwiError):
    pass


class ArchiveTruncated(ArchiveRefused):
    def __init__(self) -> None:
        super().__init__("it ends too early")


class OtherLabel(JinwiError):
    def __init__(self, sha256: bytes, label: str) -> None:
        super().__init__(f"the picture {sha256.hex()} is there with the label {label}: one of the two is wrong")
        self.label = label
