"""Every error that crosses a module boundary, in one tree.

JinwiError
├── JobError            about one job; its `reason` is kept with the job
│   ├── ImageRefused    permanent: these bytes will never become pixels
│   ├── LinkRefused     permanent: this link will never give an image
│   ├── LinkUnreachable passing: the link's server or the way to it is away; tried again
│   ├── ObjectDamaged   counted: the stored bytes are not those that were submitted
│   └── DecoderDied     counted: the decoder was killed by, or over, this image
├── Outage              ours, passing: database, object store, broker, model or decoder is away
├── IllegalTransition   a state machine was asked for a move that it does not have
├── ForceNeeded         a version that was stopped is promoted only by force
├── IdempotencyMismatch one idempotency key, two different requests
├── ModelRefused        a model file whose hash, card or golden outputs do not match
└── ConfigurationError  the operator's settings; the message says what to change
"""


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


class Outage(JinwiError):
    """`part` names what is away: postgres, objects, redis, model or decoder."""

    def __init__(self, part: str, detail: str) -> None:
        super().__init__(f"{part}: {detail}")
        self.part = part
        self.detail = detail


class IllegalTransition(JinwiError):
    pass


class ForceNeeded(JinwiError):
    pass


class IdempotencyMismatch(JinwiError):
    pass


class ModelRefused(JinwiError):
    pass


class ConfigurationError(JinwiError):
    pass
